"""Runs state machines in moto's interpreter (LocalStack's): cases as JSON on stdin, one JSON line per case on stdout."""
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import threading
import time

import boto3
import moto.stepfunctions.parser.asl as asl
import moto.stepfunctions.parser.asl.jsonata.jsonata as jsonata
from moto import mock_aws

FOLDER = os.path.dirname(os.path.abspath(__file__))
bridge = subprocess.Popen(["node", os.path.join(FOLDER, "jsonata-bridge.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
one_at_a_time = threading.Lock()


def evaluate(expression):
    with one_at_a_time:
        bridge.stdin.write(json.dumps(expression) + "\n")
        bridge.stdin.flush()
        answer = json.loads(bridge.stdout.readline())
    if "error" in answer:
        raise jsonata.JSONataException("UNKNOWN", answer["error"])
    return answer["value"]


# Every module has its own name for the hook.
for module in pkgutil.walk_packages(asl.__path__, asl.__name__ + "."):
    try:
        loaded = importlib.import_module(module.name)
    except Exception:  # parts of the package that need what is not installed
        continue
    if hasattr(loaded, "eval_jsonata_expression"):
        loaded.eval_jsonata_expression = evaluate


def run(client, case, number):
    machine = client.create_state_machine(name=f"machine-{number}", definition=json.dumps(case["definition"]), roleArn="arn:aws:iam::123456789012:role/r")
    execution = client.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(case["input"]))["executionArn"]
    for _ in range(400):
        described = client.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            break
        time.sleep(0.025)
    events = client.get_execution_history(executionArn=execution)["events"]
    return {
        "status": described["status"],
        "output": described.get("output"),
        "error": described.get("error"),
        "types": [event["type"] for event in events],
    }


client = None
for number, case in enumerate(json.load(sys.stdin)):
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        # A client takes longer to make than a machine to run.
        client = client or boto3.client("stepfunctions", region_name="us-east-1")
        try:
            answer = run(client, case, number)
        except Exception as fault:
            answer = {"fault": str(fault)[:300]}
    print(json.dumps({"name": case["name"], **answer}), flush=True)
bridge.stdin.close()
