"""An overload that is shed, in SimPy: a process a request, a Resource for the server.

Prints the model's events (arrivals and departures) a second, and the share refused of each replication.
"""
import json
import random
import sys
import time

import simpy

rate, served, burst, limit, replications, seed = *map(float, sys.argv[1:4]), *map(int, sys.argv[4:7])


def run(seed):
    draw = random.Random(seed).expovariate
    env = simpy.Environment()
    server = simpy.Resource(env, capacity=1)
    offered = dropped = done = 0

    def request():
        nonlocal offered, dropped, done
        offered += 1
        if len(server.queue) >= limit:
            dropped += 1
            return
        with server.request() as turn:
            yield turn
            yield env.timeout(draw(served))
        done += 1

    def source():
        while True:
            yield env.timeout(draw(rate))
            env.process(request())

    env.process(source())
    env.run(until=burst)
    return dropped / offered, offered + done


started = time.perf_counter()
results = [run(seed + i) for i in range(replications)]
seconds = time.perf_counter() - started
print(json.dumps({"rate": sum(r[1] for r in results) / seconds, "answer": [r[0] for r in results]}))
