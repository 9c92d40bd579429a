"""Runs commands of the AWS CLI, one after the other, in one process: its start costs more than most of its commands.

The words of a command as JSON on a line of stdin; its exit code and what it printed as JSON on a line of stdout."""
import contextlib
import io
import json
import sys

from awscli.clidriver import main


def run(words):
    out, error = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    sys.argv = ["aws", *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            code = main()
        except SystemExit as end:
            code = end.code
    return {"code": code or 0, "out": out.buffer.getvalue().decode(), "error": error.buffer.getvalue().decode()}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
