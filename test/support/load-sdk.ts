// The SDK that the Worker loads when it first needs it. Here it is read file by file, and from a cold cache
// that takes seconds, which are no request's.
import "openai";
