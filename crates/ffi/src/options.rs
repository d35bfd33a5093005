//! Structs of the caller's that grow over versions: each starts with `struct_size`, the size that the caller was compiled
//! with. What an older caller does not have takes its default; what a newer caller has must be zero, so that nothing
//! that was asked for is silently left out.

use std::mem::MaybeUninit;

use crate::status::{Refused, matchport_status as Status};

/// No version of any struct will be larger.
const LARGEST: usize = 4096;
/// Sizes of such structs are multiples of it, so that no pointer is ever cut in two.
const STEP: usize = align_of::<usize>();

/// A struct that starts with `struct_size`, all of whose members take any bit pattern.
pub(crate) trait Options: Copy {
    /// All defaults, as this version has them.
    fn defaults() -> Self;
}

/// Reads the caller's struct over the defaults.
pub(crate) fn read<T: Options>(options: *const T, argument: &str) -> Result<T, Refused> {
    let first = start(options.cast(), argument)?;
    // SAFETY: not null and aligned for `T`, which starts with this number.
    let size = unsafe { first.cast::<u32>().read() } as usize;
    check(size, argument)?;
    let known = size.min(size_of::<T>());
    let mut value = MaybeUninit::new(T::defaults());
    // SAFETY: the caller promises `size` readable bytes, `known` of them fit into `value`, whose every bit pattern is
    // valid; it has been initialised as a whole before.
    let value = unsafe {
        std::ptr::copy_nonoverlapping(first, value.as_mut_ptr().cast::<u8>(), known);
        value.assume_init()
    };
    // SAFETY: as above; the bytes from `known` on are the rest of the same `size` bytes.
    let rest = unsafe { std::slice::from_raw_parts(first.add(known), size - known) };
    if rest.iter().any(|byte| *byte != 0) {
        let words = "holds members that this version of the library does not know; it is older than your header";
        return Err(Refused::new(Status::InvalidStructSize, format!("{argument} {words}")));
    }
    Ok(value)
}

/// Fills the caller's struct of `size` bytes with the defaults, as many as it has room for, and zeros behind.
pub(crate) fn init<T: Options>(options: *mut T, size: usize) -> Result<Status, Refused> {
    let first = start(options.cast_const().cast(), "options")?.cast_mut();
    check(size, "options")?;
    let defaults = T::defaults();
    // SAFETY: not null and aligned; the caller promises `size` writable bytes, and no more are written. `size` is
    // at most 4096, so that it fits into the number.
    unsafe {
        std::ptr::write_bytes(first, 0, size);
        std::ptr::copy_nonoverlapping((&raw const defaults).cast::<u8>(), first, size.min(size_of::<T>()));
        first.cast::<u32>().write(size as u32);
    }
    Ok(Status::Ok)
}

/// What the exported functions of this kind do.
pub(crate) fn init_status<T: Options>(options: *mut T, size: usize) -> Status {
    init(options, size).unwrap_or_else(|refused| refused.status)
}

fn start(options: *const u64, argument: &str) -> Result<*const u8, Refused> {
    if options.is_null() {
        return Err(Refused::argument(Status::NullArgument, argument));
    }
    if !options.is_aligned() {
        return Err(Refused::new(Status::InvalidArgument, format!("{argument}: the pointer is not aligned")));
    }
    Ok(options.cast())
}

fn check(size: usize, argument: &str) -> Result<(), Refused> {
    if (STEP..=LARGEST).contains(&size) && size.is_multiple_of(STEP) {
        return Ok(());
    }
    let words = "use the init function of the struct, or sizeof";
    Err(Refused::new(Status::InvalidStructSize, format!("{argument}.struct_size can't be {size}: {words}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C, align(8))]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Second {
        struct_size: u32,
        first: i32,
        added: u64,
    }

    #[repr(C, align(8))]
    #[derive(Clone, Copy)]
    struct First {
        struct_size: u32,
        first: i32,
    }

    #[repr(C, align(8))]
    #[derive(Clone, Copy)]
    struct Third {
        second: Second,
        newest: u64,
    }

    impl Options for Second {
        fn defaults() -> Self {
            Self { struct_size: size_of::<Self>() as u32, first: 5, added: 7 }
        }
    }

    #[test]
    fn an_older_caller_gets_defaults_for_what_it_does_not_have() {
        let old = First { struct_size: size_of::<First>() as u32, first: 1 };
        let read = read((&raw const old).cast::<Second>(), "options").expect("an older caller");
        assert_eq!((read.first, read.added), (1, 7));
    }

    #[test]
    fn a_newer_caller_is_served_as_long_as_it_asks_for_nothing_new() {
        let second = Second { struct_size: size_of::<Third>() as u32, first: 2, added: 3 };
        let mut new = Third { second, newest: 0 };
        let value = read((&raw const new).cast::<Second>(), "options").expect("nothing new is asked for");
        assert_eq!((value.first, value.added), (2, 3));
        new.newest = 1;
        let refused = read((&raw const new).cast::<Second>(), "options").expect_err("can't be done");
        assert_eq!(refused.status, Status::InvalidStructSize);
    }

    #[test]
    fn init_writes_as_much_as_the_caller_has() {
        let mut old = [First { struct_size: 9, first: 9 }, First { struct_size: 9, first: 9 }];
        assert_eq!(init((&raw mut old).cast::<Second>(), size_of::<First>()), Ok(Status::Ok));
        assert_eq!((old[0].struct_size, old[0].first, old[1].first), (8, 5, 9));
        let mut new = Third { second: Second { struct_size: 0, first: 0, added: 0 }, newest: 9 };
        assert_eq!(init((&raw mut new).cast::<Second>(), size_of::<Third>()), Ok(Status::Ok));
        assert_eq!((new.second, new.newest), (Second { struct_size: 24, first: 5, added: 7 }, 0));
    }

    #[test]
    fn sizes_that_no_version_has_are_refused() {
        for size in [0, 4, 12, 4104, u32::MAX] {
            let odd = Second { struct_size: size, first: 0, added: 0 };
            let refused = read(&raw const odd, "options").expect_err("no such size");
            assert_eq!(refused.status, Status::InvalidStructSize, "{size}");
        }
        assert_eq!(read(std::ptr::null::<Second>(), "o").expect_err("null").status, Status::NullArgument);
    }
}
