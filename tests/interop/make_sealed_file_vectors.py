#!/usr/bin/env python3
"""Makes tests/vectors/sealed-file.json with an implementation of docs/formats/sealed-file.md of its own.

Needs the Python package `cryptography`:
  python3 tests/interop/make_sealed_file_vectors.py > tests/vectors/sealed-file.json
"""

import hashlib
import json
import struct

import cryptography
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 65536
SECRET = bytes(range(32))
SALT = bytes(range(100, 132))


def seal(transformed, declared, transform=0, version=1, chunks=None):
    keys = HKDF(hashes.SHA256(), 71, SALT, b"glucoledger/file/1").derive(SECRET)
    key, prefix, commitment = keys[:32], keys[32:39], keys[39:]
    header = b"\x89GLSF\r\n\x1a" + bytes([version, transform]) + SALT + struct.pack(">Q", declared) + commitment
    if chunks is None:
        chunks = [transformed[i : i + CHUNK] for i in range(0, len(transformed), CHUNK)] or [b""]
    sealed = header
    for counter, chunk in enumerate(chunks):
        nonce = prefix + struct.pack(">IB", counter, counter == len(chunks) - 1)
        sealed += AESGCM(key).encrypt(nonce, chunk, hashlib.sha256(header).digest())
    return sealed


def content(size):
    out, state = bytearray(size), 20190607
    for i in range(size):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = state >> 24
    return bytes(out)


def zstd_frame(plain, block_type=0, repeat=0):
    """One block, raw or of one repeated byte, with the size of the content in the header when it is one byte."""
    size = repeat or len(plain)
    header = b"\x28\xb5\x2f\xfd" + (bytes([0x20, size]) if size < 256 else b"\xa0" + struct.pack("<I", size))
    return header + struct.pack("<I", 1 | block_type << 1 | size << 3)[:3] + plain


def vector(name, sealed, plain=None, transform="none", error=None):
    entry = {"name": name, "transform": transform}
    if error:
        entry["error"] = error
    else:
        entry["plain_size"] = len(plain)
    if len(sealed) <= 400:
        entry["sealed"] = sealed.hex()
    else:
        entry["sealed_sha256"] = hashlib.sha256(sealed).hexdigest()
    return entry


def main():
    vectors = [
        vector(f"{size} bytes", seal(content(size), size), content(size))
        for size in (0, 1, 12, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7)
    ]
    vectors += [
        vector("compressed, 200 bytes", seal(zstd_frame(content(200)), 200, 1), content(200), "compress"),
        vector("compressed, empty", seal(zstd_frame(b""), 0, 1), b"", "compress"),
    ]
    two_frames = zstd_frame(content(20)) + zstd_frame(content(20))
    vectors += [
        vector("version 2", seal(content(12), 12, version=2), error="newer"),
        vector("unknown transform 9", seal(content(12), 12, 9), error="newer"),
        vector("transform 2, kept for obfuscation", seal(content(12), 12, 2), error="newer"),
        vector("version 0", seal(content(12), 12, version=0), error="corrupt"),
        vector("declares one byte more", seal(content(12), 13), error="corrupt"),
        vector("declares one byte less", seal(content(12), 11), error="corrupt"),
        vector("a spare empty chunk", seal(b"", 0, chunks=[b"", b""]), error="corrupt"),
        vector("a short chunk in the middle", seal(b"", 12, chunks=[content(12)[:6], content(12)[6:]]), error="corrupt"),
        vector("compressed, declares one byte more", seal(zstd_frame(content(20)), 21, 1), error="corrupt"),
        vector("compressed, declares one byte less", seal(zstd_frame(content(20)), 19, 1), error="corrupt"),
        vector("compressed, cut off", seal(zstd_frame(content(20))[:-1], 20, 1), error="corrupt"),
        vector("compressed, a byte added", seal(zstd_frame(content(20)) + b"x", 20, 1), error="corrupt"),
        vector("compressed, two frames", seal(two_frames, 40, 1), error="corrupt"),
        vector("compressed, a bomb", seal(zstd_frame(b"\0", 1, 120000), 20, 1), error="corrupt"),
        vector("compressed, not zstd", seal(content(20), 20, 1), error="corrupt"),
        vector("declares more than anyone allows", seal(content(12), 2**63), error="too large"),
    ]
    document = {
        "origin": f"Python cryptography {cryptography.__version__}, by tests/interop/make_sealed_file_vectors.py",
        "content": "state = 20190607; each byte: state = (state * 1664525 + 1013904223) mod 2^32, byte = state >> 24",
        "secret": SECRET.hex(),
        "salt": SALT.hex(),
        "vectors": vectors,
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
