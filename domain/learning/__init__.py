"""Rules of learning that need no library of models: folds, weights of labels, figures, and the gate of promotion."""
