import { z } from "zod";
import { file } from "../file-name.js";

export const keys = z
  .strictObject({
    file: file(
      "API keys: hashes, names, scopes and ends, as `causeway key` writes them. Read again when it changes.",
    ),
  })
  .optional()
  .describe(
    "API keys with scopes (`connect`, `publish`, `read`, `manage`, `metrics`, `admin`), for the REST API, for metrics, for `/v3` and as the password of an MQTT client.",
  );
