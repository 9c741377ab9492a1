"""M/M/1 in SimPy, as its documentation writes a bank: a process a customer, a Resource for the server.

Prints the model's events (arrivals and departures) a second, and the mean wait of each replication.
"""
import json
import random
import sys
import time

import simpy

load, customers, replications, seed = float(sys.argv[1]), *map(int, sys.argv[2:5])


def run(seed):
    draw = random.Random(seed).expovariate
    env = simpy.Environment()
    server = simpy.Resource(env, capacity=1)
    waits = 0.0
    events = 0

    def customer():
        nonlocal waits, events
        arrived = env.now
        events += 1
        with server.request() as turn:
            yield turn
            waits += env.now - arrived
            yield env.timeout(draw(1.0))
        events += 1

    def source():
        for _ in range(customers):
            yield env.timeout(draw(load))
            env.process(customer())

    env.process(source())
    env.run()
    return waits / customers, events


started = time.perf_counter()
results = [run(seed + i) for i in range(replications)]
seconds = time.perf_counter() - started
events = sum(result[1] for result in results)
print(json.dumps({"rate": events / seconds,
                  "answer": {"events": events // replications, "values": [r[0] for r in results]}}))
