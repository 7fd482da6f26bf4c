/** The image that every pod and container of ours runs: pinned here and nowhere else. */

/**
 * Holds a POSIX shell, curl, openssl, dig and nc. By tag: an image without one, or with `:latest`, is pulled every time.
 * https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting
 */
export const DEFAULT_PROBE_IMAGE = 'nicolaka/netshoot:v0.13';
