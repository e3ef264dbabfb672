"""An app of the benchmarks: the smallest job and the smallest task there can be, to measure what a job costs."""
