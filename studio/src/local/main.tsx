/** The page without a server begins here. */
import { serveBy } from "../api/client.js";
import { begin } from "../begin.js";
import { inBrowser } from "./in-browser.js";
import { LoadingLine } from "./loading-line.js";
import { RunsOn } from "./runs-on.js";

serveBy(inBrowser);
begin({ loading: <LoadingLine />, engine: <RunsOn /> });
