"""Writes one MNIST test image as a PNG, with the standard library only."""
import gzip
import pathlib
import struct
import zlib


def write(path, folder, index=0):
    name = pathlib.Path(folder) / "t10k-images-idx3-ubyte"
    raw = name.read_bytes() if name.exists() else gzip.decompress(name.with_name(name.name + ".gz").read_bytes())
    pixels = raw[16 + 784 * index : 16 + 784 * (index + 1)]
    rows = b"".join(b"\0" + pixels[start : start + 28] for start in range(0, 784, 28))  # filter type 0 before each row

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)  # 8-bit grey
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
