#include "ctl/command_body.h"

#include <filesystem>

#include <boost/json.hpp>

namespace appserver::ctl {
namespace {

using config::CtlCommand;

std::string deploy_body(const config::CtlRequest& request) {
  boost::json::object body;
  body["path"] = std::filesystem::absolute(request.path).lexically_normal().string();
  if (!request.mount.empty()) {
    body["mount"] = request.mount;
  }
  if (request.canary) {
    body["canary"] = *request.canary;
  }
  if (request.watch) {
    body["watch_seconds"] = static_cast<double>(request.watch->count()) / 1000;
  }
  body["verify"] = request.verify;
  body["force"] = request.force;
  body["supersede"] = request.supersede;
  return boost::json::serialize(body);
}

std::string rollback_body(const std::string& mount) {
  return mount.empty() ? std::string()
                       : boost::json::serialize(boost::json::object{{"mount", mount}});
}

std::string logs_body(const std::string& level) {
  return boost::json::serialize(level.empty() ? boost::json::object{{"reopen", true}}
                                              : boost::json::object{{"level", level}});
}

}  // namespace

Call call_of(const config::CtlRequest& request) {
  switch (request.command) {
    case CtlCommand::Deploy:
      return {"POST", "/deploy", deploy_body(request)};
    case CtlCommand::Scale:
      return {"POST", "/scale",
              boost::json::serialize(boost::json::object{{"workers", request.workers}})};
    case CtlCommand::Stop:
      return {"POST", "/stop",
              boost::json::serialize(boost::json::object{{"quick", request.quick}})};
    case CtlCommand::Logs:
      return {"POST", "/logs", logs_body(request.log_level)};
    case CtlCommand::Reload:
      return {"POST", "/reload"};
    case CtlCommand::Rollback:
      return {"POST", "/rollback", rollback_body(request.mount)};
    case CtlCommand::Recycle:
      return {"POST", "/recycle"};
    case CtlCommand::Upgrade:
      return {"POST", "/upgrade"};
    case CtlCommand::Workers:
      return {"GET", "/workers"};
    case CtlCommand::Releases:
      return {"GET", "/releases"};
    case CtlCommand::Metrics:
      return {"GET", "/metrics"};
    case CtlCommand::Events:
      return {"GET", "/events"};
    case CtlCommand::Status:
    case CtlCommand::Top:
      break;
  }
  return {"GET", "/status"};
}

}  // namespace appserver::ctl
