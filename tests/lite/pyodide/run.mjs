// Runs a Python program in Pyodide under node: node run.mjs PYODIDE SITE PROJECT PROGRAM [ARGUMENT …]
//
// PYODIDE is the folder of the release with its wheels, SITE one with pure Python libraries. The project is mounted at
// /project, SITE at /site, and the program's folder of results is the one that it is run in, mounted at /results.
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";

async function run() {
  const [pyodideFolder, site, project, program, ...args] = process.argv.slice(2);
  const started = performance.now();
  const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`).href);
  const python = await loadPyodide({
    indexURL: `${pyodideFolder}/`,
    env: { HOME: "/home/pyodide", CI: "1", XLWINGS_LICENSE_KEY: "noncommercial", PYTHONDONTWRITEBYTECODE: "1" },
  });
  const wanted = (process.env.PYODIDE_PACKAGES ?? "numpy scipy threadpoolctl").split(" ");
  const problems = [];
  await python.loadPackage(wanted, { messageCallback() {}, errorCallback: (text) => problems.push(text) });
  if (problems.length) throw new Error(problems.join("\n"));
  for (const [folder, place] of [[project, "/project"], [site, "/site"], [process.cwd(), "/results"]]) {
    python.FS.mkdirTree(place);
    python.mountNodeFS(place, folder);
  }
  python.globals.set("arguments", python.toPy([program, ...args]));
  python.globals.set("started", started);
  python.runPython("import os, sys; sys.argv = arguments; sys.path[:0] = ['/site']; os.chdir('/results')");
  const status = await python.runPythonAsync(`${await readFile(program, "utf-8")}\nawait main()`);
  return status ?? 0;
}

try {
  process.exit(await run());
} catch (error) {
  console.error(String(error.message ?? error).slice(-4000)); // node would show Pyodide's own source, which is one line
  process.exit(70);
}
