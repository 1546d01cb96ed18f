#include "io/tls.hpp"

#include "base/log.hpp"
#include "io/detail/tls_setup.hpp"
#include "io/tls_without_clock.hpp"

namespace perigee::io {
namespace {

or_sentence<std::shared_ptr<const tls_setup>> load(const tls_state::options& from, const tls_setup* before) {
  if (const auto* server = std::get_if<tls_server_options>(&from)) return load_server(*server, before);
  return load_client(std::get<tls_client_choice>(from), before);
}

}  // namespace

result<std::shared_ptr<tls_context>> tls_context::server(tls_server_options options) {
  return tls_state::open(std::move(options));
}

result<std::shared_ptr<tls_context>> tls_context::client(tls_files files, tls_client_options how) {
  return tls_state::open(tls_client_choice{std::move(files), std::move(how)});
}

result<std::shared_ptr<tls_context>> tls_client_at(tls_files files, std::optional<timestamp> at) {
  return tls_state::open(tls_client_choice{std::move(files), {}, as_of{at}});
}

result<std::shared_ptr<tls_context>> tls_state::open(options chosen) {
  auto first = load(chosen, nullptr);
  if (!first) {
    log::fault("io.tls", "{}", first.error());
    return fail(errc::malformed, "a certificate, key or authority cannot be used; the log says which");
  }
  return std::make_shared<tls_state>(std::move(chosen), *std::move(first));
}

std::shared_ptr<const tls_setup> tls_state::current() const {
  const std::lock_guard hold(lock_);
  return current_;
}

std::expected<bool, std::string> tls_state::reload() {
  auto read = load(options_, current().get());
  if (!read) return std::unexpected(std::move(read).error());
  const std::lock_guard hold(lock_);
  if ((*read)->fingerprint == current_->fingerprint) return false;
  current_ = *std::move(read);
  return true;
}

std::vector<tls_certificate_state> tls_state::certificates() const { return current()->certificates; }

void tls_state::staple(std::shared_ptr<const byte_buffer> answer) { current()->staple->set(std::move(answer)); }

}  // namespace perigee::io
