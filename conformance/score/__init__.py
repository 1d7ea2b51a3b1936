"""What the suite notices: it is run against each fault of the catalogue, and the catches counted.

``rnn-conformance score`` runs each fault in a process of its own, because a fault of Keras patches
that process. Beside the faults it runs the clean controls, which no property may call faulty.
"""
