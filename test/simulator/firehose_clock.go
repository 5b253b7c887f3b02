package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// maxClockSkew is the greatest difference between the time of a signature and the
// service's.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
const maxClockSkew = 5 * time.Minute

// checkClock refuses a call that was signed at another time. It accepts a call without a
// signature, which a person may make.
func checkClock(r *http.Request, now time.Time) *apiError {
	signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return nil
	}
	switch {
	case now.Sub(signed) > maxClockSkew:
		return wrongClock("Signature expired: %s is now earlier than 5 min. ago", signed)
	case signed.Sub(now) > maxClockSkew:
		return wrongClock("Signature not yet current: %s is still later than in 5 min.", signed)
	}
	return nil
}

func wrongClock(format string, signed time.Time) *apiError {
	return &apiError{
		http.StatusBadRequest, "InvalidSignatureException", fmt.Sprintf(format, signed.Format(time.RFC3339)),
	}
}
