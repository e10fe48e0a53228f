"""Many servers: a queue in the store, units of work on any executor, results stored by one coordinator.

`unit` is what runs elsewhere (fetch, extract, classify, return a compact record), `schedule` decides what may start,
`coordinator` is the loop between queue, executor and store, `engines` are the executors.
"""
