/** The page begins here. */
import { begin } from "./begin.js";

begin();
