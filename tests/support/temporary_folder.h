#pragma once

#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

namespace appserver::test {

// Learns from doctest whether the test case that runs has failed so far.
class FailureListener final : public doctest::IReporter {
 public:
  explicit FailureListener(const doctest::ContextOptions&) {}

  [[nodiscard]] static bool current_test_failed() { return failed_; }

  void test_case_start(const doctest::TestCaseData&) override { failed_ = false; }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_exception(const doctest::TestCaseException&) override { failed_ = true; }
  void log_assert(const doctest::AssertData& assertion) override {
    failed_ = failed_ || assertion.m_failed;
  }
  void log_message(const doctest::MessageData& message) override {
    failed_ = failed_ || (message.m_severity & doctest::assertType::is_warn) == 0;
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  static inline bool failed_ = false;
};

// Inline, so that it is registered once however many test files include this header.
inline const int kFailureListener = doctest::registerReporter<FailureListener>("failure", 0, false);

// A folder for one test. Removed at its end; kept, and its path printed, when the test failed.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "appserver-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("cannot make a temporary folder like " + name);
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    if (FailureListener::current_test_failed() || std::uncaught_exceptions() > 0) {
      std::cerr << "kept for inspection: " << path_.string() << '\n';
      return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace appserver::test
