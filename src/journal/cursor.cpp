#include "journal/cursor.hpp"

#include <utility>

#include "journal/detail/cursor_set.hpp"

namespace perigee::journal {

cursor::cursor(std::shared_ptr<detail::cursor_state> state) : state_(std::move(state)) {}
cursor::~cursor() { state_->open = false; }

log_offset cursor::position() const { return state_->position(); }
void cursor::advance(log_offset to) { state_->move_to(to); }
void cursor::flush(std::move_only_function<void(result<>)> done) {
  detail::cursor_state::save(state_, std::move(done));
}
std::string_view cursor::name() const { return state_->name(); }
model::lane cursor::lane() const { return state_->lane(); }

}  // namespace perigee::journal
