//! Work for many items at once, with the results in the order of the items.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// How many items, and how many results, wait for or after each worker. With it memory is bounded.
const WAITING: usize = 32;

/// The number of threads for `--jobs`: without it, that of the CPUs.
pub(crate) fn workers(jobs: Option<NonZero<u16>>) -> usize {
    let cpus = || thread::available_parallelism().map_or(1, NonZero::get);
    jobs.map_or_else(cpus, |jobs| usize::from(jobs.get()))
}

/// Calls `work` for `items` on `workers` threads and gives the results to `take`, in the order of the items; ends early
/// where that fails.
///
/// Items are dealt to the workers in turn, so that it is known which worker has the next result.
pub(crate) fn in_order<T: Send, R: Send, E>(
    workers: usize,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let work = &work;
    thread::scope(|scope| {
        let mut inputs = Vec::new();
        let mut results = Vec::new();
        for _ in 0..workers.max(1) {
            let (input, waiting) = sync_channel(WAITING);
            let (done, result) = sync_channel(WAITING);
            scope.spawn(move || serve(&waiting, &done, work));
            inputs.push(input);
            results.push(result);
        }
        scope.spawn(move || deal(items, &inputs));
        for worker in results.iter().cycle() {
            // After the last item, and only then, the worker whose turn it is has ended.
            let Ok(result) = worker.recv() else { break };
            take(result)?;
        }
        // Dropping the receivers ends the workers, and that ends the dealing.
        drop(results);
        Ok(())
    })
}

/// Gives out the items until there is no other, or nobody takes them.
fn deal<T>(mut items: impl Iterator<Item = T>, workers: &[SyncSender<T>]) {
    for worker in workers.iter().cycle() {
        let Some(item) = items.next() else { return };
        if worker.send(item).is_err() {
            return;
        }
    }
}

/// Works until there is no other item, or nobody wants the results.
fn serve<T, R>(items: &Receiver<T>, results: &SyncSender<R>, work: impl Fn(T) -> R) {
    while let Ok(item) = items.recv() {
        if results.send(work(item)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_have_the_order_of_the_items() {
        for (workers, count) in [(1, 0), (1, 10), (2, 1000), (3, 1), (7, 1000)] {
            let mut seen = Vec::new();
            let slow_first = |n: usize| {
                if n.is_multiple_of(97) {
                    thread::sleep(std::time::Duration::from_millis(3));
                }
                n
            };
            let taken: Result<(), ()> = in_order(workers, 0..count, slow_first, |n| {
                seen.push(n);
                Ok(())
            });
            assert_eq!((taken, seen), (Ok(()), (0..count).collect()), "{workers} workers");
        }
    }

    #[test]
    fn little_is_done_ahead_and_nothing_after_a_failure() {
        let done = AtomicUsize::new(0);
        let counted = |_| {
            done.fetch_add(1, Ordering::Relaxed);
        };
        let failed = in_order(2, 0..1_000_000, counted, |()| {
            thread::sleep(std::time::Duration::from_millis(50));
            Err("full")
        });
        assert_eq!(failed, Err("full"));
        // What waits, what is in work, and what is taken meanwhile.
        let done = done.into_inner();
        assert!(done <= 2 * (2 * WAITING + 2), "{done} items");
    }
}
