#pragma once

#include <functional>

#include "ipc/messages.h"

namespace appserver::zygote {

// Finds the functions, files and lines of frames, innermost inlined function first, by what the
// files say of themselves: debug information, or at least a symbol table (libbacktrace, the library
// under Boost.Stacktrace; used directly, since that drops inlined functions). A frame that nobody
// knows is left out. `tell` is called for each as soon as it is known.
//
// Frames are looked up by their file and offset: what this process has loaded need not be at the
// same address as in the one that crashed; and of a file that it has not loaded, as with --lazy,
// nothing is loaded or run, it is only read.
//
// Takes memory and time for large files, and reads what the app's compiler wrote: for a process
// that may die of it. [child of the zygote]
void name_frames(const ipc::NameFrames& order, const std::function<void(ipc::FrameNamed)>& tell);

}  // namespace appserver::zygote
