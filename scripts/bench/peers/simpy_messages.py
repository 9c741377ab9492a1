"""100 nodes that pass messages in SimPy: a process and a Store a node, a process a message under way.

A node takes a message, works on it, and sends it on to another node at random, as in the example
"Process communication" of SimPy's documentation. Prints deliveries a second, and the virtual time that
each replication took.
"""
import json
import random
import sys
import time

import simpy

nodes, messages, deliveries, replications, seed = map(int, sys.argv[1:6])


def run(seed):
    source = random.Random(seed)
    env = simpy.Environment()
    stores = [simpy.Store(env) for _ in range(nodes)]
    delivered = 0
    done = env.event()

    def under_way(target, message):
        nonlocal delivered
        yield env.timeout(source.expovariate(1 / 0.010))
        stores[target].put(message)
        delivered += 1
        if delivered == deliveries:
            done.succeed()

    def node(own):
        while True:
            message = yield stores[own].get()
            yield env.timeout(source.expovariate(1 / 0.001))
            target = source.randrange(nodes - 1)
            env.process(under_way(target if target < own else target + 1, message))

    for own in range(nodes):
        env.process(node(own))
    for message in range(messages):
        stores[message % nodes].put(message)
    env.run(until=done)
    return env.now, delivered


started = time.perf_counter()
results = [run(seed + i) for i in range(replications)]
seconds = time.perf_counter() - started
events = sum(result[1] for result in results)
print(json.dumps({"rate": events / seconds,
                  "answer": {"events": events // replications, "values": [r[0] for r in results]}}))
