"""The score of the suite: it runs against each seeded fault, and catches are counted.

``rnn-conformance score`` runs each fault in a process of its own, because a fault of Keras patches
that process. Beside the faults it runs the clean controls, which no property may call faulty.
"""
