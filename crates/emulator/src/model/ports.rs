//! Which host ports are given to which session. Whether another program holds one is asked of the caller.

use super::session::PortMapping;
use crate::config::{PortRange, Protocol};

/// The host ports of an emulator, handed out in turn, so that a port just freed is not the next one given.
pub(super) struct PortPool {
    first: u16,
    taken: Vec<bool>,
    next: usize,
    /// Whether a port given is kept from others. Without a process behind it there is nothing to keep it for.
    exclusive: bool,
}

impl PortPool {
    /// `turn` says where in the range to begin: two emulators beside each other had better not begin at the same port.
    pub(super) fn new(range: PortRange, exclusive: bool, turn: u64) -> Self {
        let length = usize::from(range.last - range.first) + 1;
        let next = usize::try_from(turn % length as u64).unwrap_or(0);
        Self { first: range.first, taken: vec![false; length], next, exclusive }
    }

    /// The next port that no session has and that `is_free` has nothing against.
    pub(super) fn take(&mut self, protocol: Protocol, is_free: &mut dyn FnMut(Protocol, u16) -> bool) -> Option<u16> {
        for _ in 0..self.taken.len() {
            let index = self.next;
            self.next = (self.next + 1) % self.taken.len();
            // The range fits into u16, so its indices do.
            let port = self.first + index as u16;
            if !self.exclusive {
                return Some(port);
            }
            if !self.taken[index] && is_free(protocol, port) {
                self.taken[index] = true;
                return Some(port);
            }
        }
        None
    }

    pub(super) fn give_back(&mut self, ports: &[PortMapping]) {
        for port in ports {
            self.taken[usize::from(port.host - self.first)] = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: PortRange = PortRange { first: 20_000, last: 20_002 };

    #[test]
    fn each_port_is_given_once_until_it_comes_back() {
        let mut pool = PortPool::new(RANGE, true, 2);
        let take = |pool: &mut PortPool| pool.take(Protocol::Udp, &mut |_, _| true);
        assert_eq!([take(&mut pool), take(&mut pool), take(&mut pool)], [Some(20_002), Some(20_000), Some(20_001)]);
        assert_eq!(take(&mut pool), None);
        pool.give_back(&[PortMapping { protocol: Protocol::Udp, container: 1, host: 20_000 }]);
        assert_eq!(take(&mut pool), Some(20_000));
    }

    #[test]
    fn a_port_that_another_program_holds_is_passed_over() {
        let mut pool = PortPool::new(RANGE, true, 0);
        assert_eq!(
            pool.take(Protocol::Tcp, &mut |protocol, port| protocol == Protocol::Tcp && port == 20_001),
            Some(20_001)
        );
        assert_eq!(pool.take(Protocol::Udp, &mut |_, _| false), None);
    }

    #[test]
    fn without_processes_ports_are_only_numbers() {
        let mut pool = PortPool::new(RANGE, false, 0);
        let given: Vec<_> = (0..4).map(|_| pool.take(Protocol::Udp, &mut |_, _| false)).collect();
        assert_eq!(given, [Some(20_000), Some(20_001), Some(20_002), Some(20_000)]);
    }
}
