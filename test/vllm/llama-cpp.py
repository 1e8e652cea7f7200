"""Serves a GGUF model by llama.cpp's own server on loopback until its standard input closes.

argv: the model, the served name. Prints the address when it listens.
"""

import sys

from xllamacpp import CommonParams, Server

params = CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {sys.argv[2]}
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = 2048
params.n_parallel = 1
params.ui = False

server = Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
