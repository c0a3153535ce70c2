#!/usr/bin/env python3
"""Makes tests/vectors/report.json: invented glucose series and what iglu makes of them.

Wants the package iglu_python 0.4.3, a port of R's iglu:  pip install iglu_python==0.4.3
Usage:  make-report-vectors.py > tests/vectors/report.json

LBGI and HBGI are scaled from the port's factor (10 x 1.509^2) to R's (22.77). Times are whole minutes apart and every
stretch between gaps of three hours lasts longer than the long moving average: there the port and R agree.
"""
import json
import math
import random
import sys

import iglu_python
import pandas

START = pandas.Timestamp("2024-02-27 21:58:27")  # the year's leap day lies ahead


def series(seed, interval_minutes, readings, mean, swing, noise, gaps=()):
    chance = random.Random(seed)
    minutes, values = [], []
    drift = 0.0
    for i in range(readings):
        minute = i * interval_minutes
        drift = 0.9 * drift + chance.gauss(0, noise)
        day = math.sin(2 * math.pi * minute / 1440 + seed)
        meals = math.sin(2 * math.pi * minute / 310 + 2 * seed)
        value = round(mean + swing * (0.5 * day + meals) + drift)
        if any(first <= i < last for first, last in gaps):
            continue
        minutes.append(minute)
        values.append(min(max(value, 40), 400))
    return minutes, values


CASES = {
    "three days, every five minutes": series(1, 5, 864, 140, 45, 6),
    "lows, highs, and gaps of all lengths": series(2, 5, 1500, 150, 95, 12, [(90, 97), (300, 310), (420, 480), (800, 1000)]),
    "every fifteen minutes": series(3, 15, 480, 165, 60, 9, [(100, 102), (200, 230)]),
    "one calm night": series(4, 5, 96, 95, 12, 2),
    "every minute": series(5, 1, 1440, 120, 40, 1),
    "four weeks": series(6, 5, 4032, 175, 70, 8, [(1000, 1004), (2000, 2020), (3000, 3288)]),
}


def figures(minutes, values):
    data = pandas.DataFrame({
        "id": "invented",
        "time": [START + pandas.Timedelta(minutes=m) for m in minutes],
        "gl": [float(v) for v in values],
    })
    to_r = 22.77 / (10 * 1.509**2)
    one = lambda frame, column: float(frame[column].iloc[0])
    above = iglu_python.above_percent(data, targets_above=[180, 250])
    below = iglu_python.below_percent(data, targets_below=[54, 70])
    quantiles = iglu_python.quantile_glu(data, quantiles=[25, 50, 75])
    return {
        "mean_mg_dl": float(data["gl"].mean()),
        "median_mg_dl": one(quantiles, "50"),
        "iqr_mg_dl": one(quantiles, "75") - one(quantiles, "25"),
        "sd_mg_dl": one(iglu_python.sd_glu(data), "SD"),
        "cv_percent": one(iglu_python.cv_glu(data), "CV"),
        "gmi_percent": one(iglu_python.gmi(data), "GMI"),
        "below_54_percent": one(below, "below_54"),
        "from_54_to_69_percent": one(below, "below_70") - one(below, "below_54"),
        "from_70_to_180_percent": one(iglu_python.in_range_percent(data), "in_range_70_180"),
        "from_181_to_250_percent": one(above, "above_180") - one(above, "above_250"),
        "above_250_percent": one(above, "above_250"),
        "lbgi": one(iglu_python.lbgi(data), "LBGI") * to_r,
        "hbgi": one(iglu_python.hbgi(data), "HBGI") * to_r,
        "gri": one(iglu_python.gri(data), "GRI"),
        "mage_mg_dl": one(iglu_python.mage(data), "MAGE"),
        "active_percent": one(iglu_python.active_percent(data), "active_percent"),
    }


def main():
    iglu_python.utils.set_local_tz("UTC")
    cases = []
    for name, (minutes, values) in CASES.items():
        cases.append({"name": name, "minutes": minutes, "mg_dl": values, "figures": figures(minutes, values)})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    origin = "invented series; figures by iglu_python 0.4.3 (tests/interop/make-report-vectors.py)"
    start_ms = int((START - pandas.Timestamp(0)).total_seconds() * 1000)
    sys.stdout.write('{"origin":%s,\n"start_local_ms":%d,\n"cases":[\n%s\n]}\n' % (json.dumps(origin), start_ms, lines))


main()
