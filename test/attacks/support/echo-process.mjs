/* Sends back what it gets, and tells its parent its port: how long that takes is what the machine itself makes a client wait. */
import { createServer } from "node:net";

const server = createServer((socket) => {
  socket.setNoDelay(true).on("error", () => socket.destroy());
  socket.pipe(socket);
});
server.listen(0, "127.0.0.1", () => process.send?.(server.address().port));
process.on("disconnect", () => process.exit());
