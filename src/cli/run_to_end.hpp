#pragma once

#include "io/shard.hpp"
#include "io/task.hpp"

namespace perigee::cli {

/// Runs one coroutine on the shard, on this thread, until it has ended.
result<> run_to_end(io::shard& on, io::task<> what);

}  // namespace perigee::cli
