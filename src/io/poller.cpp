#include "io/detail/poller.hpp"

#include <algorithm>
#include <boost/asio.hpp>
#include <cerrno>

#include "base/check.hpp"

namespace perigee::io::detail {
namespace asio = boost::asio;

namespace {

// While sockets are ready each time, so many rounds follow each other before the rest of the loop has its turn: handing
// over to it and back costs two system calls more.
constexpr int rounds_max = 8;

int make_set() {
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  PG_CHECK(made >= 0, "the system gives no epoll set");
  return made;
}

}  // namespace

poller::poller(asio::io_context& in) : context_(in), set_(in, make_set()) { wait(); }

result<> poller::add(int descriptor, pollable& who) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &who}};
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
  return fail(std::error_code(errno, std::system_category()), "the system watches no more sockets");
}

void poller::watch(int descriptor, pollable& who, bool reading, bool writing) {
  epoll_event event{.events = (reading ? std::uint32_t{EPOLLIN} : 0U) | (writing ? std::uint32_t{EPOLLOUT} : 0U),
                    .data = {.ptr = &who}};
  // A set tells a broken connection whatever it was asked for, again and again: what waits for nothing leaves it.
  if (event.events == 0) return remove(descriptor, who);
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_MOD, descriptor, &event) == 0 || errno != ENOENT) return;
  (void)::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event);
}

void poller::remove(int descriptor, pollable& who) {
  (void)::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  forget(who);
}

void poller::forget(const pollable& who) {
  for (int i = 0; i < ready_count_; ++i) {
    auto& event = ready_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &who) event.data.ptr = nullptr;
  }
  std::erase(again_, &who);
  std::ranges::replace(going_again_, &who, nullptr);
}

void poller::again(pollable& who) {
  if (!std::ranges::contains(again_, &who)) again_.push_back(&who);
  if (!in_turn_) post_turn();
}

void poller::post_turn() {
  if (std::exchange(posted_, true)) return;
  asio::post(context_, [this] {
    posted_ = false;
    turn();
  });
}

void poller::wait() {
  if (std::exchange(armed_, true)) return;
  set_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& ec) {
    armed_ = false;
    if (!ec) turn();
  });
}

void poller::turn() {
  int rounds = 0;
  while (rounds < rounds_max && hand_out()) ++rounds;
  if (rounds == rounds_max || !again_.empty()) {
    post_turn();
  } else {
    wait();
  }
}

/// False where nothing was ready.
bool poller::hand_out() {
  in_turn_ = true;
  going_again_.swap(again_);
  ready_count_ = std::max(0, ::epoll_wait(set_.native_handle(), ready_.data(), turn_events_max, 0));
  const bool some = ready_count_ != 0 || !going_again_.empty();
  for (int i = 0; i < ready_count_; ++i) {
    const auto event = ready_[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr) continue;
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    static_cast<pollable*>(event.data.ptr)
        ->on_ready(broken || (event.events & EPOLLIN) != 0, broken || (event.events & EPOLLOUT) != 0);
  }
  ready_count_ = 0;
  for (std::size_t i = 0; i < going_again_.size(); ++i) {
    if (auto* who = going_again_[i]) who->on_ready(true, false);
  }
  going_again_.clear();
  end_turn();
  return some;
}

void poller::end_turn() {
  // What an ending asks for in its turn comes behind the others.
  for (std::size_t i = 0; i < endings_.size(); ++i) {
    auto one = std::move(endings_[i]);
    one();
  }
  endings_.clear();
  in_turn_ = false;
}

}  // namespace perigee::io::detail
