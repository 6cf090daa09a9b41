"""Fine-tune weights on gold: training examples, a plan, the training itself, and the proof whether it paid."""
