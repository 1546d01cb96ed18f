#pragma once

#include <deque>
#include <memory>
#include <string>

#include "client/back_off.hpp"
#include "client/link_state.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "journal/journal.hpp"
#include "quarantine/keeper.hpp"
#include "readers/delivery/carrier.hpp"

namespace perigee::readers::delivery {

struct delivery_options {
  std::string name;   // "webhook/ops": the link's, and with '.' for '/' the cursor's
  std::string topic;  // of the records to carry: rules::delivery_prefix and the name
  std::string node;
  std::string peer;  // for people
  nanoseconds pause_first = std::chrono::seconds(1);
  nanoseconds pause_max = std::chrono::minutes(5);
  nanoseconds give_up = std::chrono::days(1);  // behind the decision: then it goes to quarantine
  std::uint64_t seed = 0;
  quarantine::keeper& aside;  // outlives the reader
};

/// Carries what this node's rules decided to a destination outside: at least once, in order, each until it is taken,
/// is refused for good or is too old; then it is in quarantine, where a person may have it tried again. Its cursor
/// holds back retention: nothing is lost while the destination is away. Owned by the node, on the journal's shard; ends
/// when `run` is cancelled.
class delivery {
 public:
  /// `worker`: for the carrier alone, which blocks.
  static result<std::unique_ptr<delivery>> open(io::shard& on, std::unique_ptr<io::worker> worker,
                                                journal::journal& log, std::unique_ptr<carrier> by,
                                                delivery_options options);
  ~delivery();
  delivery(const delivery&) = delete;
  delivery& operator=(const delivery&) = delete;

  [[nodiscard]] io::task<> run();
  [[nodiscard]] client::link_state state() const;

 private:
  struct waiting {
    log_offset at;
    model::record record;
  };

  delivery(io::shard& on, std::unique_ptr<io::worker> worker, journal::journal& log, std::unique_ptr<carrier> by,
           delivery_options options);
  /// Looks for more to carry; false where there is nothing.
  [[nodiscard]] bool read();
  /// The oldest, to its end.
  io::task<> settle();
  io::task<verdict> carry(parcel what);
  io::task<> put_aside(const waiting& what, const std::string& why);
  void retry(const quarantine::kept_record& what, quarantine::keeper::outcome done);
  [[nodiscard]] parcel parcel_of(const model::record& r, perigee::epoch life, log_offset at) const;
  void tell(const verdict& came);

  io::shard& on_;
  journal::journal& log_;
  std::shared_ptr<carrier> carrier_;
  delivery_options options_;
  std::unique_ptr<journal::cursor> kept_;
  journal::reader reader_;
  std::deque<waiting> waiting_;  // of one slice of the journal
  io::event work_;
  client::back_off back_off_;
  client::link_state state_;
  std::string told_;                    // why the last try failed
  std::unique_ptr<io::worker> worker_;  // last: what it still runs ends first
};

}  // namespace perigee::readers::delivery
