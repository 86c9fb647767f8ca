#!/usr/bin/env python3
"""Every command's --json document, and the errors', against docs/schema. Usage: test_schema.py BINARY SCHEMAS

Exits with 77, and says so, where python3-jsonschema is missing."""
import copy
import datetime
import json
import math
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("SKIPPED: no python3-jsonschema: the documents are not checked against docs/schema", flush=True)
    sys.exit(77)

binary, schemas = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SMALL = ["--preset", "classic", "--layers", "lstm:3", "--window", "8", "--epochs", "2"]
failures = []


def schema(name):
    with open(os.path.join(schemas, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def refuse(token):
    raise ValueError("no JSON: " + token)


def validator(name):
    document = schema(name)
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def check(name, document):
    errors = sorted(validator(name).iter_errors(document), key=str)
    for error in errors[:3]:
        failures.append(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    return not errors


def run(*arguments):
    return subprocess.run([binary, *arguments, "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def good(name, *arguments):
    """Runs, demands success and one sound document; returns it."""
    said = run(*arguments)
    if said.returncode:
        failures.append(f"{arguments}: exit {said.returncode}: {said.stderr}")
        return None
    document = json.loads(said.stdout, parse_constant=refuse)
    check(name, document)
    return document


def bad(code, *arguments):
    """Runs, demands the exit code, nothing on standard output and a sound error alone on standard error."""
    said = run(*arguments)
    if said.returncode != code or (said.stdout and code != 6):
        failures.append(f"{arguments}: exit {said.returncode}, not {code}: {said.stdout[:80]} {said.stderr}")
        return
    document = json.loads(said.stderr.splitlines()[-1], parse_constant=refuse)
    check("error", document)
    if document["error"]["code"] != code:
        failures.append(f"{arguments}: code {document['error']['code']} in the document, exit {code}")


def write_series(path, n, change=lambda i, close: close):
    day, rows = datetime.date(2020, 1, 1), ["Date,Close,High"]
    while len(rows) <= n:
        if day.weekday() < 5:
            i = len(rows) - 1
            close = change(i, 100 + 0.2 * i + 5 * math.sin(i / 7) + (i * 37 % 11) / 10)
            rows.append(f"{day},{close:.2f},{close + 1:.2f}")
        day += datetime.timedelta(1)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")


def documents():
    good("train", "train", "prices.csv", "-m", "model", *SMALL, "--train-rows", "200")
    good("train", "train", "prices.csv", "-m", "model", *SMALL, "--train-rows", "200", "--if-changed")
    good("train", "train", "prices.csv", "-m", "rise", *SMALL, "--train-rows", "200", "--objective", "direction", "--val-frac", "0.2")
    good("train", "train", "prices.csv", "-m", "far", *SMALL, "--train-rows", "200", "--horizon", "3")
    good("predict", "predict", "prices.csv", "-m", "model", "--horizon", "4")
    good("predict", "predict", "prices.csv", "-m", "rise")
    good("predict", "predict", "prices.csv", "-m", "model", "--as-of", "2020-12-01", "--ledger", "ledger")
    good("ledger", "ledger", "ledger")
    good("predict", "predict", "prices.csv", "-m", "model", "--ledger", "ledger")
    good("ledger", "ledger", "ledger", "prices.csv")
    good("evaluate", "evaluate", "prices.csv", "-m", "model", "--importance", "--leak-check")
    good("evaluate", "evaluate", "prices.csv", "-m", "model", "--mode", "path")
    good("evaluate", "evaluate", "prices.csv", "-m", "far")
    good("evaluate", "evaluate", "prices.csv", "-m", "rise")
    good("evaluate", "evaluate", "flat.csv", "-m", "model")
    good("validate", "validate", "prices.csv", *SMALL, "--train-size", "100", "--val-size", "20", "--step", "40")
    good("compare", "compare", "prices.csv", "--layers", "lstm:3", "--epochs", "2", "--kinds", "gru", "--train-size", "100", "--val-size", "20", "--step", "60")
    good("tune", "tune", "prices.csv", "--trials", "2", "--layers", "lstm:2", "--epochs", "1")
    good("check", "check", "prices.csv")
    good("check", "check", "odd.csv")
    good("inspect", "inspect", "model")
    good("inspect", "inspect", "far")
    good("presets", "presets")
    good("presets", "presets", "classic")
    good("chars", "chars", "train", "names.txt", "-m", "names", "--layers", "rnn:4", "--iterations", "100")
    good("chars", "chars", "sample", "-m", "names", "-n", "3")
    good("help", "help")
    commands = json.loads(run("help").stdout)["commands"]
    for command in commands:
        good("help", "help", command["name"])
        good("dry-run", command["name"], "--dry-run")
    good("dry-run", "predict", "-m", "model", "--dry-run", "--config", "my.ini")


def errors():
    bad(2, "train", "prices.csv")
    bad(2, "train", "prices.csv", "--epochz", "3")
    bad(2, "nosuch")
    bad(2, "report", "prices.csv", "-m", "model")
    bad(2, "train", "--config", "broken.ini")
    bad(3, "train", "broken.csv", "-m", "other")
    bad(3, "train", "prices.csv", "-m", "other", "--target", "Nosuch")
    bad(4, "predict", "prices.csv", "-m", "prices.csv")
    bad(5, "predict", "prices.csv", "-m", "model", "--max-age", "1", "--now", "2030-01-01")
    bad(6, "evaluate", "prices.csv", "-m", "model", "--require-skill")
    bad(8, "train", "prices.csv", "-m", "other", *SMALL, "--lr", "1000", "--optimizer", "sgd", "--anchor", "none", "--scale", "none", "--layers", "rnn:4:relu", "--epochs", "50")
    bad(9, "predict", "nosuch.csv", "-m", "model")


def controls():
    """The schemas are able to say no: a member left out, of another type or out of range, and a number that is none."""
    before = list(failures)
    for name, arguments in {"predict": ["predict", "prices.csv", "-m", "model"], "check": ["check", "odd.csv"], "train": ["train", "prices.csv", "-m", "model", *SMALL]}.items():
        sound = json.loads(run(*arguments).stdout)
        for member in schema(name).get("required", ["as_of"]):
            less = copy.deepcopy(sound)
            del less[member]
            if not list(validator(name).iter_errors(less)):
                before.append(f"{name} without {member} passes")
            less[member] = {"no": "such"}
            if not list(validator(name).iter_errors(less)):
                before.append(f"{name} with a wrong {member} passes")
    try:
        json.loads('{"x": NaN}', parse_constant=refuse)
        before.append("NaN passes")
    except ValueError:
        pass
    failures[:] = before


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_series("prices.csv", 300)
        write_series("flat.csv", 300, lambda i, close: 100)
        write_series("odd.csv", 100, lambda i, close: close / 2 if i > 60 else close)
        for name, text in {"broken.csv": "Date,Close\n2020-01-01,5\n2020-01-02,x\n", "names.txt": "ann\nbob\nbabette\n", "my.ini": "[predict]\nhorizon = 2\n",
                           "broken.ini": "[train]\nepochs = x\n"}.items():
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)
        documents()
        errors()
        controls()
    for failure in failures:
        print("FAILED:", failure)
    print(f"{len(failures)} failures")
    return 1 if failures else 0


sys.exit(main())
