"""The article's training loops, the paths they take, and how closely these agree."""

from diffcheck.training.agreement import disagreement, drift_bound
from diffcheck.training.loop_judging import judge_loop
from diffcheck.training.loops import LOOPS
from diffcheck.training.trajectory import Diverged, Trajectory, train

__all__ = ["LOOPS", "Diverged", "Trajectory", "disagreement", "drift_bound", "judge_loop", "train"]
