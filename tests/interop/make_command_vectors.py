#!/usr/bin/env python3
"""Makes tests/vectors/ledger-command.json with an implementation of docs/formats/ledger-command.md of its own.

The transactions are those that the reference clients made (tests/vectors/trinary.json):
  python3 tests/interop/make_command_vectors.py > tests/vectors/ledger-command.json
"""

import hashlib
import json
import pathlib
import struct

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
TIME_MS = 1_542_883_200_123


def packed(trytes):
    trits = []
    for letter in trytes:
        value = "9ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter)
        value -= 27 if value > 13 else 0
        for _ in range(3):
            digit = (value + 1) % 3 - 1
            trits.append(digit)
            value = (value - digit) // 3
    trits += [0] * (-len(trits) % 5)
    groups = [trits[i : i + 5] for i in range(0, len(trits), 5)]
    return bytes(121 + sum(trit * 3**power for power, trit in enumerate(group)) for group in groups)


def command(kind, rest, time_ms=TIME_MS, version=1):
    return bytes([version]) + kind + struct.pack(">q", time_ms) + rest


def submission(transactions, count=None):
    count = len(transactions) if count is None else count
    return struct.pack(">I", count) + b"".join(packed(trytes) for trytes in transactions)


def parameters(version=3, weight=9):
    minute = 60_000
    return (
        struct.pack(">I", version)
        + bytes(range(16))
        + struct.pack(">B", weight)
        + struct.pack(">qqqII", 0, 0, 24 * 60 * minute, 100_000, 15)
        + struct.pack(">qqII", 10 * minute, 10 * minute, 64, 1000)
    )


bundles = [bundle["trytes"] for bundle in json.loads((VECTORS / "trinary.json").read_text())["bundles"]]
one = bundles[0][0]
several = [trytes for bundle in bundles for trytes in bundle]

taken = {
    "create": command(b"c", parameters()),
    "milestone": command(b"m", b"\x00"),
    "milestone, even if empty": command(b"m", b"\x01"),
    "a time before 1970": command(b"m", b"\x00", time_ms=-1),
    "prune": command(b"p", struct.pack(">Q", 5001)),
    "upgrade": command(b"u", struct.pack(">I", 1000)),
    "submit nothing": command(b"s", submission([])),
    "submit one": command(b"s", submission([one])),
}
refused = {
    "nothing": ("corrupt", b""),
    "version 0": ("corrupt", command(b"m", b"\x00", version=0)),
    "version 2": ("newer", command(b"m", b"\x00", version=2)),
    "an unknown kind": ("corrupt", command(b"x", b"")),
    "no time": ("corrupt", b"\x01m"),
    "create for version 2": ("corrupt", command(b"c", parameters(version=2))),
    "create for version 4": ("newer", command(b"c", parameters(version=4))),
    "create with weight 0": ("corrupt", command(b"c", parameters(weight=0))),
    "create with a byte more": ("corrupt", command(b"c", parameters() + b"\x00")),
    "milestone with 2": ("corrupt", command(b"m", b"\x02")),
    "milestone without": ("corrupt", command(b"m", b"")),
    "milestone with a byte more": ("corrupt", command(b"m", b"\x00\x00")),
    "prune, cut": ("corrupt", command(b"p", b"\x00" * 7)),
    "upgrade with a byte more": ("corrupt", command(b"u", b"\x00" * 5)),
    "submit, cut": ("corrupt", command(b"s", submission([one])[:-1])),
    "submit, a byte more": ("corrupt", command(b"s", submission([one]) + b"\x79")),
    "submit 4 billion": ("corrupt", command(b"s", submission([], count=2**32 - 1))),
    "submit what is no tryte": ("corrupt", command(b"s", submission([one])[:-1] + b"\xf3")),
    "submit with padding": ("corrupt", command(b"s", submission([one])[:-1] + b"\xf2")),
    "submit one twice": ("corrupt", command(b"s", submission([one, one]))),
    "submit the empty transaction": ("refused", command(b"s", submission(["9" * 2673]))),
}
print(
    json.dumps(
        {
            "origin": "tests/interop/make_command_vectors.py, transactions of @iota/transaction-converter",
            "taken": {name: content.hex() for name, content in taken.items()},
            "leaf_of_submitting_all_bundles": hashlib.sha256(b"\0" + command(b"s", submission(several))).hexdigest(),
            "refused": [{"name": n, "why": why, "hex": content.hex()} for n, (why, content) in refused.items()],
        },
        indent=1,
    )
)
