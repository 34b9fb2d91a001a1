"""Runs VBA in LibreOffice's Basic. The office's own Python runs this file, because it can talk to the office.

Input, as JSON: ``command`` (the office with its arguments, ``PIPE`` where the pipe's name belongs), ``modules``
(source by name), ``calls`` (lists of a name "Module.Procedure" and arguments). Output: for each call
``["ok", answer]`` or ``["error", message]``. It needs the standard library only.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid

import uno
from com.sun.star.beans import PropertyValue


def main():
    task = json.load(sys.stdin)
    pipe = uuid.uuid4().hex
    command = [word.replace("PIPE", pipe) for word in task["command"]]
    with open(os.devnull, "w") as nothing:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=nothing, stderr=nothing, start_new_session=True
        )
    try:
        desktop = connect(pipe, process)
        book = desktop.loadComponentFromURL(
            "private:factory/scalc", "_blank", 0, options(Hidden=True, MacroExecutionMode=4)
        )
        libraries = book.BasicLibraries
        library = libraries.createLibrary("Standard")
        for name, source in task["modules"].items():
            library.insertByName(name, "Rem Attribute VBA_ModuleType=VBAModule\nOption VBASupport 1\n" + source)
        answers = [call(book, name, args) for name, *args in task["calls"]]
        print(json.dumps(answers))
        book.close(True)
        desktop.terminate()
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def connect(pipe, process):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("the office has ended")
        try:
            context = resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except Exception:
            time.sleep(0.1)
    raise RuntimeError("the office does not answer")


def options(**named):
    made = []
    for name, value in named.items():
        option = PropertyValue()
        option.Name, option.Value = name, value
        made.append(option)
    return tuple(made)


def call(book, name, args):
    where = "vnd.sun.star.script:Standard." + name + "?language=Basic&location=document"
    try:
        answer, _, _ = book.getScriptProvider().getScript(where).invoke(tuple(args), (), ())
        return ["ok", answer]
    except Exception as error:
        return ["error", type(error).__name__ + ": " + str(error)]


if __name__ == "__main__":
    main()
