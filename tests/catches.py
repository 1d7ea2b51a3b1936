"""For each property of networks a fault of the NumPy loop that it notices."""

from __future__ import annotations

#: A fault that each property catches by itself.
CATCHES = {
    "test_a_fresh_network_of_every_dtype_can_be_built": "fresh_kernel_is_nan",
    "test_a_network_that_is_reset_begins_anew": "reset_is_ignored",
    "test_a_network_goes_on_from_a_state_that_is_set": "state_that_is_set_is_ignored",
    "test_a_stateful_network_goes_on_where_it_was": "state_is_forgotten_between_calls",
    "test_any_options_together_equal_the_recurrence": "mask_is_not_reversed",
    "test_masked_steps_may_hold_anything": "masked_step_is_blended",
    "test_padding_after_the_end_changes_nothing": "padding_ends_after_three_steps",
    "test_arrays_have_the_stated_shape_and_dtype": "output_in_other_dtype",
    "test_every_activation_equals_its_definition": "activation_is_always_tanh",
    "test_every_step_equals_the_recurrence": "state_scaled_slightly",
    "test_exact_sums_leave_only_the_activation": "operands_in_tf32",
    "test_fresh_biases_are_zero": "fresh_dense_bias_is_tiny",
    "test_fresh_kernels_are_glorot_uniform": "fresh_kernel_is_positive",
    "test_fresh_recurrent_kernel_is_orthogonal": "fresh_recurrent_kernel_is_scaled",
    "test_gradients_equal_the_recurrence_run_backwards": "slope_scaled_slightly",
    "test_no_gradient_depends_on_what_is_masked": "masked_steps_reach_the_weights",
    "test_gradients_with_any_options_equal_the_recurrence_run_backwards": (
        "initial_state_has_no_gradient"
    ),
    "test_initial_state_is_zero": "initial_state_is_small",
    "test_last_output_equals_the_recurrence": "recurrent_kernel_transposed",
    "test_any_activation_where_only_the_end_is_seen": "leaky_relu_of_another_slope",
    "test_nan_and_infinity_reach_what_depends_on_them": "infinity_becomes_the_largest_number",
    "test_nan_reaches_the_end": "nan_becomes_zero",
    "test_parameter_count_equals_the_formula": "bias_not_counted",
    "test_permuting_the_batch_permutes_the_output": "last_sample_repeats_the_first",
    "test_permuting_the_hidden_units_changes_nothing": "first_recurrent_row_missing",
    "test_repeating_a_call_gives_the_same_bits": "last_bit_random",
    "test_repeating_the_batch_repeats_the_output": "samples_beyond_four_lose_their_state",
    "test_splitting_the_batch_splits_the_output": "batch_mean_subtracted",
    "test_stated_shapes_equal_the_equations": "unknown_time_stated_as_one",
    "test_subnormals_are_themselves_or_zero": "subnormals_are_normalised_wrongly",
    "test_sums_that_are_too_large_become_infinite": "sums_saturate",
    "test_the_future_does_not_change_the_past": "future_touched",
    "test_the_sign_of_zero_does_not_matter": "negative_zero_counts",
    "test_weights_are_kernel_recurrent_kernel_and_bias": "recurrent_kernel_has_kernels_name",
    "test_weights_come_back_bit_for_bit": "signed_zeros_lost",
    "test_zero_weights_leave_the_dense_bias": "no_dense_bias",
}
