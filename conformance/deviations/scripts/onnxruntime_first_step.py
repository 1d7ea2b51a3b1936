"""ONNX Runtime's RNN operator leaves h_0·R out of the first step: h_0 is 0, but 0·∞ is NaN."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

feed = {"X": np.zeros((1, 1, 1)), "W": np.zeros((1, 1, 1)), "R": np.full((1, 1, 1), np.inf)}
feed = {name: array.astype("float32") for name, array in feed.items()}
info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, a.shape) for n, a in feed.items()]
Y = helper.make_tensor_value_info("Y", TensorProto.FLOAT, [1, 1, 1, 1])
node = helper.make_node("RNN", ["X", "W", "R"], ["Y"], hidden_size=1)
graph = helper.make_graph([node], "rnn", info, [Y])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7)
state = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feed)[0]
print("onnxruntime", onnxruntime.__version__, "h_1 is", state.ravel(), "tanh(0·∞) is NaN")
assert np.isnan(state).all(), "the first step has no h_0·R"
