#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/transfer.hpp"
#include "readers/delivery/carrier.hpp"

namespace perigee::readers::delivery {

struct webhook_options {
  std::string url;
  client::transfer_trust trust{};
  nanoseconds timeout = std::chrono::seconds(10);
  std::function<result<std::string>()> token{};  // for "Authorization: Bearer"; read at each try; null: none
};

/// Posts what was decided as JSON, as CloudEvents 1.0 has it over HTTP, in binary mode (HTTP binding 3.1): the payload
/// is the body, `ce-id` names it.
class webhook final : public carrier {
 public:
  /// errc::unsupported where there is no libcurl.
  static result<std::unique_ptr<webhook>> open(webhook_options options);

  [[nodiscard]] verdict carry(const parcel& what) override;
  void stop() override { http_->stop(); }

 private:
  webhook(std::unique_ptr<client::transfers> http, webhook_options options)
      : http_(std::move(http)), options_(std::move(options)) {}

  std::unique_ptr<client::transfers> http_;
  webhook_options options_;
};

/// What an answer means: what says that the message itself is wrong is final, all else may pass.
[[nodiscard]] verdict judge_http(const client::transfer_outcome& came);

}  // namespace perigee::readers::delivery
