"""FastCDC of PyPI over a file: fastcdc_chunks.py native|python PATH BYTES MIN MEAN MAX; prints MiB/s and chunks."""
import json
import sys
import time

from fastcdc.fastcdc_cy import fastcdc_cy
from fastcdc.fastcdc_py import fastcdc_py

chunk = {"native": fastcdc_cy, "python": fastcdc_py}[sys.argv[1]]
with open(sys.argv[2], "rb") as file:
    data = file.read(int(sys.argv[3]))
sizes = [int(size) for size in sys.argv[4:]]
started = time.perf_counter()
lengths = [each.length for each in chunk(data, *sizes)]
seconds = time.perf_counter() - started
assert sum(lengths) == len(data)
print(json.dumps({"rate": len(data) / 2**20 / seconds, "chunks": len(lengths)}))
