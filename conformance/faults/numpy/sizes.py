"""Faults that show for some T, D or M only."""

from __future__ import annotations

from conformance.faults.numpy.overriding import overriding, preactivation, right_sum
from conformance.implementations.numpy_loop import NumpyNetwork


@preactivation("size")
def last_of_odd_features_dropped(x, h, t, Wx, Wh, bh):
    """The last feature is dropped where D is odd."""
    D = x.shape[1] // 2 * 2 if x.shape[1] > 1 else 1
    return x[:, :D] @ Wx[:D] + h @ Wh + bh


@preactivation("size")
def square_kernel_transposed(x, h, t, Wx, Wh, bh):
    """The kernel is transposed where D = M."""
    return right_sum(x, h, Wx.T if x.shape[1] == h.shape[1] else Wx, Wh, bh)


@preactivation("size")
def units_beyond_eight_forget(x, h, t, Wx, Wh, bh):
    """From the ninth on, units do not see the previous state."""
    Wh = Wh.copy()
    Wh[:, 8:] = 0
    return right_sum(x, h, Wx, Wh, bh)


@preactivation("size")
def single_unit_forgets(x, h, t, Wx, Wh, bh):
    """A single hidden unit does not see its previous state."""
    return right_sum(x, 0 * h if h.shape[1] == 1 else h, Wx, Wh, bh)


@overriding("affine", "size")
def single_step_without_bias(self, operands, weights, *addends):
    """The bias is missing where T = 1."""
    return NumpyNetwork.affine(self, operands, weights, *(addends if self.T > 1 else ()))
