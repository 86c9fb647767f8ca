#!/bin/sh
# make.sh LSTMFC FOLDER: plays two sessions with the program LSTMFC and writes what was typed and printed to FOLDER/first-session.txt and
# FOLDER/cron.txt. Only the time a training took is left out.
set -eu
program=${1:?usage: make.sh LSTMFC FOLDER}
out=$(cd "${2:?usage: make.sh LSTMFC FOLDER}" && pwd)
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/prices"
ln -s "$program" "$work/bin/lstmfc"
cd "$work/prices"

# The last four years of our index, as a site that writes semicolons and decimal commas would hand them out, newest first, with an open cell.
{
    echo 'Datum;Schlusskurs;Volumen'
    awk -F, 'NR > 4106 { split($1, d, "-"); sub(/\./, ",", $5); row[++n] = d[3] "." d[2] "." d[1] ";" $5 ";" (NR == 5100 ? "-" : $7) }
             END { while (n) print row[n--] }' "$here/../../data/sp500-2000.csv"
} > download.csv

# Runs a line of shell as a user (with a home and colours off) or as cron does: nothing but PATH and the C locale, no terminal, no home.
play() {
    code=0
    printf '$ %s\n' "$2"
    if [ "$1" = user ]; then
        PATH="$work/bin:/usr/bin:/bin" NO_COLOR=1 XDG_CONFIG_HOME="$work/none" sh -c "$2" < /dev/null > ../said 2>&1 || code=$?
    else
        env -i PATH="$work/bin:/usr/bin:/bin" LC_ALL=C sh -c "$2" < /dev/null > ../said 2>&1 || code=$?
    fi
    sed 's/^\(time  *\)[0-9].*/\1.../' ../said
    rm -f ../said
    [ "$code" -eq 0 ] || printf '[exit code %s]\n' "$code"
    echo
}

{
    play user 'lstmfc'
    play user 'lstmfc check download.csv'
    play user 'lstmfc check download.csv --fix prices.csv'
    play user 'head -n 3 prices.csv'
    play user 'lstmfc train prices.csv -m prices.safetensors --train-to 2018-12-31 --epochs 5'
    play user 'lstmfc evaluate prices.csv -m prices.safetensors'
    play user 'lstmfc predict prices.csv -m prices.safetensors --calendar nyse --horizon 3'
    play user 'lstmfc predict prices.csv -m prices.safetensor'
    play user 'lstmfc train prices.csv -m prices.safetensors --epoch 5'
} > "$out/first-session.txt"

{
    play cron 'lstmfc train prices.csv -m cron.safetensors --epochs 5 --if-changed --log train.jsonl -q'
    play cron 'lstmfc train prices.csv -m cron.safetensors --epochs 5 --if-changed --log train.jsonl -q'
    play cron 'lstmfc predict prices.csv -m cron.safetensors --calendar nyse --now 2020-04-20 --max-age 1 -q --json -o forecast.json'
    play cron 'ls'
    play cron 'lstmfc predict prices.csv -m cron.safetensors --calendar nyse --now 2020-04-24 --max-age 1 -q --json -o forecast.json'
    play cron 'lstmfc evaluate prices.csv -m prices.safetensors --require-skill -q'
    play cron 'sed "200s/.*/2017-01-13,2274.6x,1/" prices.csv | lstmfc train - -m new.safetensors -q'
} > "$out/cron.txt"
