#!/usr/bin/env node
/** The program `vqgan-clip`: the command line with this process's arguments, streams and exit code. */
import { runCommandLine } from "./command-line.js";
import { outliveStreams } from "./output-streams.js";

outliveStreams();
process.exitCode = await runCommandLine(process.argv.slice(2));
