#pragma once

#include <appserver/server_options.hpp>

// What the server calls the options of its users: the public struct itself, so that a program that
// embeds the server can set all that the command line can.
namespace appserver::config {

using appserver::DeployCheck;
using appserver::LogFormat;
using appserver::LogLevel;
using Options = appserver::ServerOptions;

}  // namespace appserver::config
