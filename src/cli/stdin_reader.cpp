#include "cli/stdin_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>

#include "base/limits.hpp"
#include "io/shard.hpp"

namespace perigee::cli {

/// What one turn of the worker brought; it may come when nobody waits any more.
struct stdin_reader::block {
  std::string bytes;
  bool ended = false;
};

stdin_reader::stdin_reader(io::shard& on) : there_(on), worker_(on.make_worker("stdin")) {}

stdin_reader::~stdin_reader() { *given_up_ = true; }

/// False at the end.
io::task<bool> stdin_reader::fill() {
  const auto into = std::make_shared<block>();
  worker_->submit(
      [into, given_up = given_up_] {
        constexpr int look_again_ms = 100;
        pollfd input{STDIN_FILENO, POLLIN, 0};
        while (!*given_up && ::poll(&input, 1, look_again_ms) == 0) {
        }
        if (*given_up) return;
        std::array<char, 64U << 10> room{};
        const auto n = ::read(STDIN_FILENO, room.data(), room.size());
        into->ended = n <= 0;
        if (n > 0) into->bytes.assign(room.data(), static_cast<std::size_t>(n));
      },
      [this] { there_.notify(); });
  PG_CO_TRY_VOID(co_await there_.wait());
  come_.erase(0, std::exchange(begin_, 0));
  come_ += into->bytes;
  ended_ = into->ended;
  if (come_.size() > limits::payload_bytes_max + into->bytes.size()) {
    co_return fail(errc::too_large, "what came on standard input is larger than a message may be");
  }
  co_return !ended_;
}

io::task<std::optional<std::string>> stdin_reader::next_line() {
  std::size_t looked = begin_;
  for (;;) {
    const auto end = come_.find('\n', looked);
    if (end != std::string::npos) {
      auto line = come_.substr(begin_, end - begin_);
      begin_ = end + 1;
      co_return std::move(line);
    }
    if (ended_) break;
    looked = come_.size() - begin_;
    PG_CO_TRY_VOID(co_await fill());
  }
  if (begin_ == come_.size()) co_return std::nullopt;
  auto line = come_.substr(begin_);
  begin_ = come_.size();
  co_return std::move(line);  // the last one has no end
}

io::task<std::string> stdin_reader::rest() {
  while (!ended_) PG_CO_TRY_VOID(co_await fill());
  co_return come_.substr(std::exchange(begin_, come_.size()));
}

}  // namespace perigee::cli
