import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles.css";
import { App } from "./app.js";
import { TopicsStore } from "./model/topics-store.js";
import { Connection } from "./net/connection.js";
import { Painter } from "./view/painter.js";

const store = new TopicsStore();
const painter = new Painter();
const connection = new Connection({
  base: new URL(".", document.baseURI),
  onMessage(message) {
    store.record(message, Date.now());
    painter.request();
  },
  onUser: () => store.clear(),
  onChange: () => painter.request(),
});

const root = document.getElementById("app");
if (root) render(<App store={store} connection={connection} painter={painter} />, root);
void connection.start();
// Ages and rates move on while nothing arrives.
setInterval(() => painter.request(), 1_000);
