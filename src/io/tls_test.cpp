#include "io/tls.hpp"

#include <gtest/gtest.h>

#include "io/authority_test.hpp"
#include "io/detail/certificate.hpp"
#include "io/file.hpp"
#include "io/shard.hpp"
#include "io/tls_pair_test.hpp"
#include "io/tls_without_clock.hpp"
#include "io/verification_time.hpp"

namespace perigee::io {
namespace {

using state = tls_socket::state;

class tls : public testing::Test {
 protected:
  tls() { install_real_clock(); }

  std::shared_ptr<tls_context> server(tls_server_options more = {}) {
    if (more.files.certificate.empty()) more.files = authority_.write_identity("gw");
    return tls_context::server(std::move(more)).value();
  }
  std::shared_ptr<tls_context> client(const std::string& name = "press-1") {
    return tls_context::client(authority_.write_identity(name)).value();
  }
  std::shared_ptr<tls_context> nameless() {
    return tls_context::client({.certificate = {}, .key = {}, .authority = authority_.path("authority.crt")}).value();
  }

  test_authority authority_;
};

TEST_F(tls, greets_both_ways_and_passes_bytes_in_any_pieces) {
  const auto here = server();
  const auto there = client();
  tls_pair pair(*here, *there, "gw");
  ASSERT_EQ(pair.greet().what, state::done);
  EXPECT_EQ(pair.server->peer_name().value(), "press-1");
  EXPECT_EQ(pair.client->peer_name().value(), "gw");
  const std::string large(1'000'000, 'x');
  EXPECT_EQ(tls_pair::pass(*pair.client, *pair.server, "hello"), "hello");
  EXPECT_EQ(tls_pair::pass(*pair.server, *pair.client, large), large);
}

TEST_F(tls, a_server_knows_the_oldest_version_it_speaks) {
  const auto modern = server({.version_min = tls_version::v1_3});
  const auto there = client();
  auto* c = static_cast<tls_state&>(*there).current()->context.get();
  SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
  EXPECT_EQ(tls_pair(*modern, *there, "gw").greet().what, state::failed);
  EXPECT_EQ(tls_pair(*server(), *there, "gw").greet().what, state::done);
}

TEST_F(tls, a_client_needs_a_certificate_where_one_is_required) {
  const auto there = nameless();
  EXPECT_EQ(tls_pair(*server(), *there, "gw").greet().what, state::failed);
  const auto optional = server({.client = client_certificate::optional});
  tls_pair pair(*optional, *there, "gw");
  ASSERT_EQ(pair.greet().what, state::done);
  EXPECT_EQ(pair.server->peer_name().value(), "");
  const auto none = server({.client = client_certificate::none});
  const auto named = client();
  tls_pair unasked(*none, *named, "gw");
  ASSERT_EQ(unasked.greet().what, state::done);
  EXPECT_EQ(unasked.server->peer_name().value(), "");
}

TEST_F(tls, a_stranger_is_refused_even_where_a_certificate_is_optional) {
  const test_authority other;
  auto files = other.write_identity("press-1");
  files.authority = authority_.path("authority.crt");
  const auto stranger = tls_context::client(files).value();
  EXPECT_EQ(tls_pair(*server(), *stranger, "gw").greet().what, state::failed);
  EXPECT_EQ(tls_pair(*server({.client = client_certificate::optional}), *stranger, "gw").greet().what, state::failed);
}

TEST_F(tls, a_certificate_that_names_nobody_is_refused) {
  const auto files = authority_.write_identity("two", {.common_names = {"press-1", "admin"}});
  const auto here = server();
  const auto there = tls_context::client(files).value();
  tls_pair pair(*here, *there, "gw");
  ASSERT_EQ(pair.greet().what, state::done);
  EXPECT_TRUE(is(pair.server->peer_name().error(), errc::refused));
}

TEST_F(tls, a_gateways_authority_gives_no_name_outside_its_constraint) {
  const auto greet_as = [&](const std::string& common_name, const std::string& dns_name,
                            identity_source known_by = identity_source::common_name) {
    const auto files = authority_.write_identity_below(
        "fog-1", "device", {.common_names = {common_name}, .alternative_names = {{GEN_DNS, dns_name}}});
    const auto there = tls_context::client(files).value();
    return tls_pair(*server({.identity = known_by}), *there, "gw").greet().what;
  };
  EXPECT_EQ(greet_as("press-7.fog-1", "press-7.fog-1"), state::done);
  EXPECT_EQ(greet_as("admin", "admin"), state::failed) << "the constraint itself";
  EXPECT_EQ(greet_as("admin", "press-7.fog-1"), state::failed) << "which does not speak of the common name";
  EXPECT_EQ(greet_as("admin", "press-7.fog-1", identity_source::subject), state::failed);
  EXPECT_EQ(greet_as("admin", "press-7.fog-1", identity_source::dns_name), state::done) << "nobody is called admin";
}

TEST_F(tls, a_client_wants_the_host_it_asked_for) {
  const auto here = server();
  const auto there = client();
  tls_pair pair(*here, *there, "other");
  EXPECT_NE(pair.greet().what, state::done);
  EXPECT_EQ(pair.client_greeted, state::failed);
}

/// What the client's second connection is like when it shows the ticket of its first.
struct resumption {
  bool resumed = false;
  std::string name;
};

resumption come_again(tls_context& first, tls_context& second, tls_context& client, int version) {
  auto* c = static_cast<tls_state&>(client).current()->context.get();
  SSL_CTX_set_max_proto_version(c, version);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
  static SSL_SESSION* kept = nullptr;
  SSL_CTX_sess_set_new_cb(c, [](SSL*, SSL_SESSION* s) {
    SSL_SESSION_free(std::exchange(kept, s));
    return 1;
  });
  {
    tls_pair pair(first, client, "gw");
    EXPECT_EQ(pair.greet().what, state::done);
    EXPECT_EQ(tls_pair::pass(*pair.server, *pair.client, "and a ticket"), "and a ticket");
    pair.client->close();  // a session that ends without a goodbye is not resumed
  }
  tls_pair again(second, client, "gw");
  SSL_set_session(again.client->native_handle(), kept);
  SSL_SESSION_free(std::exchange(kept, nullptr));
  EXPECT_EQ(again.greet().what, state::done);
  return {SSL_session_reused(again.client->native_handle()) == 1, again.server->peer_name().value_or("refused")};
}

TEST_F(tls, who_resumes_a_session_is_still_known) {
  const auto here = server();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto came = come_again(*here, *here, *client(), version);
    EXPECT_TRUE(came.resumed) << version;
    EXPECT_EQ(came.name, "press-1");
  }
}

TEST_F(tls, another_listener_takes_no_ticket_of_this_one) {
  const auto open = server({.client = client_certificate::none});
  const auto strict = server();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto came = come_again(*open, *strict, *client(), version);
    EXPECT_FALSE(came.resumed) << version;
    EXPECT_EQ(came.name, "press-1");
  }
}

TEST_F(tls, who_asks_for_a_name_is_shown_its_certificate) {
  const auto here = server({.others = {{authority_.write_identity("cloud.example"), {}},
                                       {authority_.write_identity("any"), {"*.plant", "plant"}}}});
  const auto shown = [&](const std::string& host) {
    const auto there = client();
    SSL_CTX_set_verify(static_cast<tls_state&>(*there).current()->context.get(), SSL_VERIFY_NONE, nullptr);
    tls_pair pair(*here, *there, host);
    EXPECT_EQ(pair.greet().what, state::done);
    return name_in(*SSL_get0_peer_certificate(pair.client->native_handle()), identity_source::common_name).value();
  };
  EXPECT_EQ(shown("Cloud.example"), "cloud.example");
  EXPECT_EQ(shown("gw-7.plant"), "any");
  EXPECT_EQ(shown("plant"), "any");
  EXPECT_EQ(shown("elsewhere"), "gw");
  EXPECT_EQ(shown("127.0.0.1"), "gw") << "an address is no name (RFC 6066 3)";
}

TEST_F(tls, an_application_protocol_is_agreed_on_or_the_client_refused) {
  const auto here = server({.protocols = {"mqtt", "x-amzn-mqtt-ca"}});
  const auto offering = [&](std::vector<std::string> protocols) {
    const auto there =
        tls_context::client(authority_.write_identity("press-1"), {.protocols = std::move(protocols)}).value();
    tls_pair pair(*here, *there, "gw");
    const auto how = pair.greet();
    if (how.what != state::done) return how.why;
    const unsigned char* agreed = nullptr;
    unsigned int bytes = 0;
    SSL_get0_alpn_selected(pair.client->native_handle(), &agreed, &bytes);
    return std::string(reinterpret_cast<const char*>(agreed), bytes);
  };
  EXPECT_EQ(offering({}), "");
  EXPECT_EQ(offering({"x-amzn-mqtt-ca"}), "x-amzn-mqtt-ca");
  EXPECT_EQ(offering({"h2", "mqtt"}), "mqtt");
  EXPECT_EQ(offering({"h2"}), "no application protocol");
}

TEST_F(tls, a_reload_is_for_new_connections_and_refuses_what_does_not_fit) {
  const auto files = authority_.write_identity("gw");
  const auto here = server({.files = files});
  const auto there = client();
  tls_pair before(*here, *there, "gw");
  ASSERT_EQ(before.greet().what, state::done);
  EXPECT_FALSE(here->reload().value()) << "nothing has changed";

  authority_.write("gw.crt", "-----BEGIN CERTIFICATE-----\nnonsense\n");
  EXPECT_TRUE(here->reload().error().starts_with(files.certificate + ": "));
  const auto other = authority_.write_identity("other");
  std::filesystem::copy_file(other.certificate, files.certificate, std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(here->reload().error().contains("not the key of the certificate")) << here->reload().error();
  EXPECT_EQ(tls_pair(*here, *there, "gw").greet().what, state::done) << "the old one stays";

  (void)authority_.write_identity("gw", {.common_names = {"gw 2"}, .alternative_names = {{GEN_DNS, "gw"}}});
  EXPECT_TRUE(here->reload().value());
  tls_pair after(*here, *there, "gw");
  ASSERT_EQ(after.greet().what, state::done);
  EXPECT_EQ(after.client->peer_name().value(), "gw 2");
  EXPECT_EQ(tls_pair::pass(*before.client, *before.server, "still here"), "still here");
  EXPECT_FALSE(come_again(*server(), *here, *client(), TLS1_3_VERSION).resumed);
}

TEST_F(tls, an_expired_ticket_holder_is_refused) {
  const auto here = server();
  const auto there = tls_context::client(authority_.write_identity("short", {.common_names = {"short"}})).value();
  tls_pair pair(*here, *there, "gw");
  ASSERT_EQ(pair.greet().what, state::done);
  X509_gmtime_adj(X509_getm_notAfter(SSL_get0_peer_certificate(pair.server->native_handle())), -1);
  EXPECT_TRUE(is(pair.server->peer_name().error(), errc::refused));
}

/// In a process of its own, whose time then is another: what is known to have passed, all certificates are over by
/// then.
TEST_F(tls, who_asks_for_the_time_looks_at_no_certificates_time) {
  const auto outcome = [this](const std::shared_ptr<tls_context>& there) {
    tls_pair pair(*server({.client = client_certificate::none}), *there, "gw");
    pair.greet();
    return pair.client_greeted;
  };
  const auto with_times = nameless();
  const auto timeless =
      tls_client_at({.certificate = {}, .key = {}, .authority = authority_.path("authority.crt")}, std::nullopt)
          .value();
  EXPECT_EQ(outcome(with_times), state::done);
  EXPECT_EXIT(
      {
        know_has_passed(clock::wall() + std::chrono::years(100));
        std::exit(outcome(with_times) != state::done && outcome(timeless) == state::done ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

/// Says the same of every certificate, and counts how often it was asked.
class one_verdict final : public chain_judge {
 public:
  explicit one_verdict(const chain_verdict& is, const chain_verdict& again = {}) : is_(is), again_(again) {}
  bool stands_alone() const override { return alone; }
  chain_verdict judge(std::span<const byte_view> shown, std::string_view) const override {
    shown_bytes = shown.front().size();
    ++asked;
    return is_;
  }
  chain_verdict judge_again(const peer_certificate&) const override { return again_; }

  bool alone = true;
  mutable std::size_t shown_bytes = 0;
  mutable int asked = 0;

 private:
  chain_verdict is_;
  chain_verdict again_;
};

judge_maker always(std::shared_ptr<const chain_judge> what) {
  return [what](std::string_view authorities) -> result<std::shared_ptr<const chain_judge>> {
    if (!authorities.contains("BEGIN CERTIFICATE")) return fail(errc::malformed, "no authorities");
    return what;
  };
}

TEST_F(tls, a_judge_decides_in_place_of_openssl) {
  const auto judge = std::make_shared<one_verdict>(chain_verdict{});
  const auto here = server({.judge = always(judge)});
  const test_authority stranger;
  auto files = stranger.write_identity("press-9");
  files.authority = authority_.path("authority.crt");
  tls_pair pair(*here, *tls_context::client(files).value(), "gw");
  ASSERT_EQ(pair.greet().what, state::done);
  EXPECT_EQ(pair.server->peer_name().value(), "press-9");
  EXPECT_EQ(judge->asked, 1);
  EXPECT_GT(judge->shown_bytes, 100U);
}

TEST_F(tls, a_judge_that_does_not_stand_alone_is_asked_after_openssl) {
  const auto judge = std::make_shared<one_verdict>(chain_verdict{});
  judge->alone = false;
  const auto here = server({.judge = always(judge)});
  const test_authority stranger;
  auto files = stranger.write_identity("press-9");
  files.authority = authority_.path("authority.crt");
  tls_pair unknown(*here, *tls_context::client(files).value(), "gw");
  EXPECT_NE(unknown.greet().what, state::done);
  EXPECT_EQ(judge->asked, 0);
  tls_pair known(*here, *client(), "gw");
  EXPECT_EQ(known.greet().what, state::done);
  EXPECT_EQ(judge->asked, 1);
}

TEST_F(tls, what_a_judge_refuses_ends_with_its_sentence) {
  using kind = chain_verdict::kind;
  for (const auto is : {kind::lapsed, kind::expired, kind::revoked, kind::unknown_authority, kind::refused}) {
    const auto here = server({.judge = always(std::make_shared<one_verdict>(chain_verdict{is, "because of this"}))});
    tls_pair pair(*here, *client(), "gw");
    const auto end = pair.greet();
    EXPECT_EQ(end.what, state::failed);
    EXPECT_EQ(end.why, std::string("because of this"));
  }
}

TEST_F(tls, a_client_asks_its_judge_beside_openssl) {
  auto files = authority_.write_identity("press-1");
  const auto judge = std::make_shared<one_verdict>(chain_verdict{chain_verdict::kind::revoked, "it is revoked"});
  const auto there = tls_context::client(files, {.judge = always(judge)}).value();
  tls_pair refused(*server(), *there, "gw");
  EXPECT_NE(refused.greet().what, state::done);
  EXPECT_EQ(judge->asked, 1);
  tls_pair misnamed(*server(), *there, "other");
  EXPECT_NE(misnamed.greet().what, state::done);
  EXPECT_EQ(judge->asked, 1);  // the host's name is wrong: nobody is asked any more
}

TEST_F(tls, a_lapsed_certificate_is_admitted_without_a_name_where_that_is_wanted) {
  const chain_verdict lapsed{chain_verdict::kind::lapsed, "expired"};
  const auto judge = std::make_shared<one_verdict>(lapsed, lapsed);
  tls_pair admitted(*server({.judge = always(judge), .admits_lapsed = true}), *client(), "gw");
  ASSERT_EQ(admitted.greet().what, state::done);
  EXPECT_EQ(admitted.server->peer_name().value(), "");
  EXPECT_EQ(admitted.server->peer_facts().value()->lapsed_owner, "press-1");
}

TEST_F(tls, a_ticket_of_a_certificate_that_was_revoked_since_gives_no_name) {
  const auto judge =
      std::make_shared<one_verdict>(chain_verdict{}, chain_verdict{chain_verdict::kind::revoked, "it is revoked"});
  tls_pair pair(*server({.judge = always(judge)}), *client(), "gw");
  ASSERT_EQ(pair.greet().what, state::done);
  EXPECT_STREQ(pair.server->peer_name().error().what, "it is revoked");
}

TEST_F(tls, authorities_that_the_judge_does_not_take_refuse_the_files) {
  const judge_maker never = [](std::string_view) -> result<std::shared_ptr<const chain_judge>> {
    return fail(errc::malformed, "none of these");
  };
  EXPECT_FALSE(tls_context::server({.files = authority_.write_identity("gw"), .judge = never}));
}

int keep_staple(SSL* of, void* into) {
  const unsigned char* bytes = nullptr;
  const auto size = SSL_get_tlsext_status_ocsp_resp(of, &bytes);
  if (size > 0)
    static_cast<std::string*>(into)->assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  return 1;
}

TEST_F(tls, a_staple_goes_to_who_asks_for_it) {
  const auto here = server();
  const auto there = client();
  auto* const context = static_cast<tls_state&>(*there).current()->context.get();
  std::string got;
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_tlsext_status_cb(context, keep_staple);
  SSL_CTX_set_tlsext_status_arg(context, &got);
  tls_pair before(*here, *there, "gw");
  ASSERT_EQ(before.greet().what, state::done);
  EXPECT_EQ(got, "");
  here->staple(std::make_shared<const byte_buffer>(to_buffer(as_bytes(std::string_view("an answer")))));
  tls_pair after(*here, *there, "gw");
  ASSERT_EQ(after.greet().what, state::done);
  EXPECT_EQ(got, "an answer");
}

TEST_F(tls, an_end_is_told_with_and_without_a_goodbye) {
  const auto here = server();
  const auto there = client();
  byte_buffer room(100);
  tls_pair polite(*here, *there, "gw");
  ASSERT_EQ(polite.greet().what, state::done);
  polite.client->close();
  EXPECT_EQ(polite.server->read(room).what, state::closed);
  tls_pair rude(*here, *there, "gw");
  ASSERT_EQ(rude.greet().what, state::done);
  rude.hang_up_client();
  EXPECT_EQ(rude.server->read(room).what, state::closed);
  EXPECT_NE(rude.server->write(as_bytes("into the void")).what, state::done) << "and no signal kills the process";
  tls_pair early(*here, *there, "gw");
  early.hang_up_client();
  EXPECT_EQ(early.server->greet().what, state::closed);
}

TEST_F(tls, what_is_no_tls_is_refused) {
  const auto here = server();
  const auto there = client();
  tls_pair pair(*here, *there, "gw");
  const auto made = pair.server->greet();
  EXPECT_EQ(made.what, state::wants_read);
  const std::string_view plain("\x10\x10\0\4MQTT\5\2\0\0\0\0\2p0", 18);
  ASSERT_EQ(::send(pair.client_descriptor(), plain.data(), plain.size(), 0), 18);
  EXPECT_EQ(pair.server->greet().what, state::failed);
}

TEST_F(tls, files_that_do_not_load_are_refused) {
  auto files = authority_.write_identity("gw");
  EXPECT_FALSE(tls_context::server({.files = {files.certificate, authority_.path("none"), files.authority}}));
  authority_.write("empty", "");
  EXPECT_FALSE(tls_context::server({.files = {authority_.path("empty"), files.key, files.authority}}));
  EXPECT_FALSE(tls_context::server({.files = {files.certificate, files.key, authority_.path("empty")}}));
  EXPECT_FALSE(tls_context::client({files.certificate, files.certificate, files.authority}));
}

TEST_F(tls, a_key_may_come_as_text) {
  auto files = authority_.write_identity("gw");
  const auto key = read_whole(real_disk(), files.key, 10'000).value();
  files.key_text = as_text(key);
  files.key.clear();
  const auto here = server({.files = files});
  const auto there = client();
  EXPECT_EQ(tls_pair(*here, *there, "gw").greet().what, state::done);
}

TEST_F(tls, certificates_say_until_when_they_are_good) {
  (void)authority_.write_identity("gw");
  const auto here = server({.others = {{authority_.write_identity("other"), {}}}});
  const auto shown = here->certificates();
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[0].file, authority_.path("gw.crt"));
  EXPECT_EQ(shown[0].subject, "CN=gw");
  EXPECT_GT(shown[1].not_after.ns, 1'700'000'000'000'000'000);
}

}  // namespace
}  // namespace perigee::io
