#!/usr/bin/env python3
"""Follows a running host and prints each event; ends with it.

usage: python3 docs/subscribe.py [ROOT OF THE WORKSPACE]
"""
import json, pathlib, socket, sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
status = json.loads((root / "target/pitstop/status.json").read_text())
with socket.socket(socket.AF_UNIX) as host:
    host.connect(status["socket"])
    host.sendall(b'{"cmd":"events","follow":true}\n')
    lines = host.makefile(encoding="utf-8")
    reply = json.loads(next(lines))  # how many of the events that follow have happened already
    if not reply["ok"]:
        sys.exit(reply["error"])
    for line in lines:
        event = json.loads(line)
        print(event["t_us"], event["kind"], event.get("module", "host"), flush=True)
