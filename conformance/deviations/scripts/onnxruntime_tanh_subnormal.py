"""ONNX Runtime's Tanh operator is off by up to 112 of the smallest subnormals below 2e-37.

It divides a polynomial by another, both near z / 200: where the numerator is subnormal, its error
is magnified 200 times. Numbers below 1e-43 become 0. In a run of keras-onnx it is judged as what
it is, a tanh within 8 ulp and 2^-142, which is 128 of the smallest subnormals.
"""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

z = np.exp2(np.random.default_rng(0).uniform(-149, -110, 4_000_000)).astype("float32")
info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [len(z)]) for n in "XY"]
graph = helper.make_graph([helper.make_node("Tanh", ["X"], ["Y"])], "tanh", info[:1], info[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7)
session = onnxruntime.InferenceSession(model.SerializeToString())
error = np.abs(session.run(None, {"X": z})[0].astype(float) - z)  # tanh(z) is z here
wrong = error > 8 * np.spacing(z)
print("onnxruntime", onnxruntime.__version__, "largest z", z[wrong].max())
print("error in smallest subnormals", error[wrong].max() / 2.0**-149)
assert not wrong.any(), "tanh of a tiny number is off by more than 8 ulp"
