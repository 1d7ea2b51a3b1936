"""ONNX Runtime's RNN operator has a tanh that is off by an absolute 1.8e-7, at small numbers too.

It returns 1.19e-07 for 4.47e-08, and 0 for 7.5e-14, as 2·sigmoid(2z) − 1 in float32 does. Its own
Tanh operator is within 5.1 units in the last place of every one of them. In a run it is judged as
what it is, a tanh within 8 ulp and 2^-22 = 2.4e-7: `COARSE_TANH` in
conformance/implementations/onnx_rnn.py.
"""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

z = np.concatenate([np.linspace(-9, 9, 400001), np.exp(np.linspace(-30, 2, 100001))])
feed = {"X": z.reshape(1, -1, 1), "W": np.ones((1, 1, 1)), "R": np.zeros((1, 1, 1))}
feed = {name: array.astype("float32") for name, array in feed.items()}
info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, a.shape) for n, a in feed.items()]
Y = helper.make_tensor_value_info("Y", TensorProto.FLOAT, [1, 1, len(z), 1])
node = helper.make_node("RNN", ["X", "W", "R"], ["Y"], hidden_size=1)
graph = helper.make_graph([node], "rnn", info, [Y])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7)
session = onnxruntime.InferenceSession(model.SerializeToString())
right = np.tanh(feed["X"].ravel().astype(float))
error = np.abs(session.run(None, feed)[0].ravel() - right)
ulps = error / np.spacing(np.abs(right).astype("float32"))
print("onnxruntime", onnxruntime.__version__, "absolute", error.max(), "in ulp", ulps.max())
assert ulps.max() <= 8, "tanh in the RNN operator is off by more than 8 ulp"
