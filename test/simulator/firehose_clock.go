package simulator

import (
	"net/http"
	"time"
)

// maxClockSkew is how far the time of a signature may be from the service's.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
const maxClockSkew = 5 * time.Minute

// checkClock refuses what was signed at another time. A call without a signature,
// as a person makes it, has none.
func checkClock(r *http.Request, now time.Time) *apiError {
	signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return nil
	}
	switch {
	case now.Sub(signed) > maxClockSkew:
		return &apiError{http.StatusBadRequest, "InvalidSignatureException", "Signature expired: " + signed.Format(time.RFC3339) + " is now earlier than 5 min. ago"}
	case signed.Sub(now) > maxClockSkew:
		return &apiError{http.StatusBadRequest, "InvalidSignatureException", "Signature not yet current: " + signed.Format(time.RFC3339) + " is still later than in 5 min."}
	}
	return nil
}
