"""The functions in a page of headless Chromium, associated with Microsoft's runtime of custom functions.

    python browser.py CHROMIUM PYODIDE RUNTIME MAIN CASES WHEEL

RUNTIME is custom-functions-runtime.js of the npm package @microsoft/office-js, whose licence allows copies "to design,
develop and test" programs that work with Microsoft 365; it is downloaded for this test and passed on to nobody. CASES
are what answers.py has written, WHEEL is xlwings'. What Excel does is a stand-in: the page calls what the runtime has
associated with each name, with a cell's address, and looks at the value or at the runtime's own kind of error.
"""

import http.server
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

_PATIENCE = 400.0
HERE = Path(__file__).parent

PAGE = """<!doctype html><meta charset="utf-8"><title>rpxl</title>
<script>
// In place of office.js, which would look for Excel around the page: a host that never comes.
window.Office = { HostType: { Excel: "Excel" }, onReady: (f) => { f?.({}); return Promise.resolve({}); } };
window.faults = [];
addEventListener("error", (event) => window.faults.push(event.message));
</script>
<script src="/custom-functions-runtime.js"></script>
<script type="module">
const started = performance.now();
const tell = (what) => fetch("/done", { method: "POST", body: JSON.stringify(what) });
try {
  const { loadPyodide } = await import("/pyodide/pyodide.mjs");
  const python = await loadPyodide({ indexURL: "/pyodide/", env: { XLWINGS_LICENSE_KEY: "noncommercial", HOME: "/" } });
  await python.loadPackage(["numpy", "scipy", "threadpoolctl"], { messageCallback() {} });
  python.unpackArchive(await (await fetch("/xlwings.whl")).arrayBuffer(), "wheel");
  for (const name of ["main.py", "answers.py", "bench.py"]) {
    python.FS.writeFile(name, await (await fetch(`/${name}`)).text());
  }
  const figures = await python.runPythonAsync(`
import sys
sys.path.insert(0, ".")
import json, js, bench
json.dumps(await bench.figures("main.py", js.performance.now, ${started}))`);
  const cases = await (await fetch("/cases.json")).json();
  python.runPython(`
import answers
page = answers._main("main.py")
async def outcome(name, args):
    return json.dumps(await answers._outcome(page, name, json.loads(args)))
def differs(one, two, tolerance):
    return answers._differs(json.loads(one), json.loads(two), max(1e-12, tolerance))
`);
  const outcome = python.globals.get("outcome"), differs = python.globals.get("differs");
  for (const name of new Set(cases.map((each) => each[0]))) {
    CustomFunctions.associate(name, async (...given) => {
      const invocation = given.pop();
      if (!invocation.address) throw new Error("no address");
      const answer = JSON.parse(await outcome(name, JSON.stringify(given)));
      if (typeof answer === "string") throw new CustomFunctions.Error(CustomFunctions.ErrorCode.invalidValue, answer);
      return answer;
    });
  }
  const associated = CustomFunctions._association.mappings, wrong = [];
  for (const [name, tolerance, args, wanted] of cases) {
    let seen;
    try {
      seen = await associated[name](...args, { address: "Sheet1!B2" });
    } catch (error) {
      seen = error instanceof CustomFunctions.Error && error.code === "#VALUE!" ? error.message : `another: ${error}`;
    }
    if (differs(JSON.stringify(seen), JSON.stringify(wanted), tolerance)) wrong.push([name, args, seen, wanted]);
  }
  await tell({ calls: cases.length, functions: Object.keys(associated).length, wrong, figures: JSON.parse(figures) });
} catch (error) {
  await tell({ error: [...window.faults, String(error.message ?? error).slice(-3000)].join("; ") });
}
</script>"""


def served(folder: Path, files: dict[str, Path]) -> type[http.server.BaseHTTPRequestHandler]:
    """Make the handler that gives these files to the page, and keeps what the page tells."""

    class Handler(http.server.BaseHTTPRequestHandler):
        told: dict[str, Any] | None = None
        heard = threading.Event()

        def do_GET(self) -> None:
            name = self.path.partition("?")[0].lstrip("/")
            path = files.get(name) or (folder / name.removeprefix("pyodide/") if name.startswith("pyodide/") else None)
            content = PAGE.encode() if not name else path.read_bytes() if path and path.is_file() else None
            self.send_response(200 if content is not None else 404)
            kinds = {".wasm": "application/wasm", ".mjs": "text/javascript", ".js": "text/javascript", "": "text/html"}
            self.send_header("Content-Type", kinds.get(Path(name).suffix, "application/octet-stream"))
            self.end_headers()
            self.wfile.write(content or b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            type(self).told = json.loads(body)
            self.heard.set()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def main(chromium: str, pyodide: str, runtime: str, main_py: str, cases: str, wheel: str) -> int:
    """Run the page; 1 if a call gives something else, or the page doesn't answer."""
    files = {
        "custom-functions-runtime.js": Path(runtime),
        "main.py": Path(main_py),
        "cases.json": Path(cases),
        "xlwings.whl": Path(wheel),
        "answers.py": HERE / "answers.py",
        "bench.py": HERE / "bench.py",
    }
    handler: Any = served(Path(pyodide), files)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
        command = [chromium, *flags, f"http://127.0.0.1:{server.server_port}/"]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            handler.heard.wait(_PATIENCE)
        finally:
            browser.terminate()
            browser.wait(20)
            server.shutdown()
    told = handler.told
    if told is None or "error" in told:
        print(f"the page: {told['error'] if told else f'no answer in {_PATIENCE:.0f} s'}")
        return 1
    for name, args, seen, wanted in told["wrong"]:
        print(f"{name}({str(args)[:300]})\n  gives {str(seen)[:300]}\n  not   {str(wanted)[:300]}")
    for what, seconds in told["figures"].items():
        print(f"{what:36} {seconds:9.4f} s")
    print(f"{told['functions']} functions are associated with the runtime")
    print(f"{told['calls'] - len(told['wrong'])} passed, {len(told['wrong'])} failed")
    return int(bool(told["wrong"]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
