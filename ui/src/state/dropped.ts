// A file that was let go over the window: the page is given what is in it, and never where it lies.

import type { ApiError } from "../host";

/** Bytes of such a file: all of them go through the window to the desk. */
const LARGEST = 64 << 20;

/** The file's content in Base64. */
export function inBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    if (file.size > LARGEST) {
      reject(failure("drop_too_large", "Open a file of this size with the button: of one let go here at most 64 MB are read."));
      return;
    }
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    // A folder, for instance.
    reader.onerror = () => reject(failure("file_unreadable", "The file cannot be read: see whether you may open it."));
    reader.readAsDataURL(file);
  });
}

function failure(code: string, message: string): ApiError {
  return { code, message, detail: null, retryable: false, shortage: null };
}
