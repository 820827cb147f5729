#!/usr/bin/env bash
# From the texts to the file. usage: run.sh DATA WORK
# DATA has the texts; WORK takes what comes in between, and keeps it. PYTHON says which Python. train.py wants a GPU: WORK/prepared (50 MB) is all that it reads.
set -euo pipefail
data=$(realpath "$1") work=$(mkdir -p "$2" && realpath "$2") python=${PYTHON:-python3}
cd "$(dirname "${BASH_SOURCE[0]}")"
export PYTHONPATH=..

"$python" given.py --output "$work/given"
"$python" rivals.py --data "$data" --output "$work/rivals"
"$python" prepare.py --data "$data" --given "$work/given" --prepared "$work/prepared"
"$python" opinions.py --data "$data" --rivals "$work/rivals" --prepared "$work/prepared"
"$python" vectors.py --data "$data" --given "$work/given" --prepared "$work/prepared"
"$python" train.py --prepared "$work/prepared" --output "$work/run"
"$python" export.py --run "$work/run" --prepared "$work/prepared" --data "$data" --output ../../sentiment/sentiment.gguf --version 3
